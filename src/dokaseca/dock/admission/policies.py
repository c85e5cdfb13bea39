"""ValidatingAdmissionPolicies: which of them a request meets, through which binding, and what follows.

Follows k8s.io/apiserver/pkg/admission/plugin/policy/validating. A cluster without policies pays one look.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from dokaseca.dock import conversion, selectors, status_error
from dokaseca.dock.admission import policies_match as match
from dokaseca.dock.admission.policies_program import Policy
from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.resources import Registry, ResourceType
from dokaseca.dock.store.history import Change
from dokaseca.dock.store.objects import Store
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

GROUP: Final = "admissionregistration.k8s.io"
POLICIES: Final = f"validatingadmissionpolicies.{GROUP}"
BINDINGS: Final = f"validatingadmissionpolicybindings.{GROUP}"
PARAMS: Final = 100  # objects that one binding hands to a policy: each is one more evaluation
_CODES: Final = {"Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413}


class _Misconfigured(Exception):
    """A binding that cannot be followed; the policy's failurePolicy says what that means."""


class Policies:
    """The policies of one cluster, and their bindings; compiled when a request first meets them.

    Args:
        store: the cluster's objects.
        registry: its kinds.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._policies: dict[str, Policy] = {}
        self._bindings: dict[str, Manifest] = {}
        for table in (POLICIES, BINDINGS):
            for stored in store.scan(table):
                self._take(table, stored.name, stored.data)
        store.observe(self._follow)

    def _follow(self, table: str, change: Change) -> None:
        if table in (POLICIES, BINDINGS):
            self._take(table, change.after.name, None if change.gone else change.after.data)

    def _take(self, table: str, name: str, data: bytes | None) -> None:
        if table == POLICIES:
            self._policies.pop(name, None)
            if data is not None:
                self._policies[name] = Policy(orjson.loads(data))
        else:
            self._bindings.pop(name, None)
            if data is not None:
                self._bindings[name] = orjson.loads(data)

    @property
    def is_empty(self) -> bool:
        """Whether no policy is bound, so that there is nothing to ask."""
        return not self._policies or not self._bindings

    def review(self, request: Request) -> tuple[str, ...]:
        """Let the request pass, or refuse it.

        Returns:
            Warnings of bindings that only warn.

        Raises:
            StatusError: a policy denies it; 422 unless the policy says another reason.
        """
        if (
            request.of.group == GROUP
        ):  # what governs admission is not governed by it: a bad policy can always be removed
            return ()
        denied: list[tuple[str, str]] = []
        warnings: list[str] = []
        for name, policy in sorted(self._policies.items()):
            bindings = [one for one in self._bindings.values() if manifests.get(one, "spec", "policyName") == name]
            as_seen = self._met_or_none(policy, request) if bindings else None
            if as_seen is None:
                continue
            for binding in sorted(bindings, key=manifests.name):
                self._ask(policy, binding, as_seen, denied, warnings)
        if denied:
            raise _denial(request, *denied[0])
        return tuple(warnings)

    def _met_or_none(self, policy: Policy, request: Request) -> Request | None:
        """The request as the policy's constraints see it, perhaps in another version of its kind."""
        constraints = manifests.get(policy.spec, "matchConstraints", default={})
        for of in self._equivalents(request.of, constraints):
            if match.rules(constraints, of, request, is_binding=False):
                seen = request if of is request.of else _converted(request, of)
                return seen if self._selected(constraints, seen) else None
        return None

    def _equivalents(self, of: ResourceType, constraints: dict[str, Any]) -> Iterator[ResourceType]:
        yield of
        if constraints.get("matchPolicy") != "Exact":
            for other in self._registry:
                if other.table == of.table and other is not of:
                    yield other

    def _selected(self, match_resources: dict[str, Any], request: Request) -> bool:
        return match.objects(match_resources, request) and match.namespaces(match_resources, request, self._namespace)

    def _namespace(self, name: str) -> Manifest | None:
        found = self._store.get_or_none("namespaces", "", name)
        return orjson.loads(found.data) if found is not None else None

    def _ask(
        self, policy: Policy, binding: Manifest, request: Request, denied: list[tuple[str, str]], warnings: list[str]
    ) -> None:
        resources = manifests.get(binding, "spec", "matchResources", default={})
        is_met = match.rules(resources, request.of, request, is_binding=True)
        if not is_met or not self._selected(resources, request):
            return
        title = f"ValidatingAdmissionPolicy '{policy.name}' with binding '{manifests.name(binding)}'"
        try:
            params = self._params(policy, binding, request)
        except _Misconfigured as error:
            if not policy.is_forgiving:
                denied.append((f"{title} denied request: failed to configure binding: {error}", "Invalid"))
            return
        namespace = self._namespace(request.namespace) if request.namespace else None
        actions = manifests.get(binding, "spec", "validationActions", default=[])
        for param in params:
            for message, reason in policy.failures(request, param, namespace):
                if "Deny" in actions:
                    denied.append((f"{title} denied request: {message}", reason))
                if "Warn" in actions:
                    warnings.append(f"Validation failed for {title}: {message}")

    def _params(self, policy: Policy, binding: Manifest, request: Request) -> list[Manifest | None]:
        kind, reference = policy.spec.get("paramKind"), manifests.get(binding, "spec", "paramRef")
        if kind is None or reference is None:
            return [None]
        of = self._registry.of_kind_or_none(manifests.gvk(kind))
        if of is None:
            named = f"{kind['apiVersion']}, Kind={kind['kind']}"
            raise _Misconfigured(f"failed to find resource referenced by paramKind: '{named}'")
        namespace = reference.get("namespace") or ""
        if namespace and not of.namespaced:
            raise _Misconfigured("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        namespace = namespace or (request.namespace if of.namespaced else "")
        if of.namespaced and not namespace:
            raise _Misconfigured(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
            )
        found = self._found(of, namespace, reference)
        if not found and reference.get("parameterNotFoundAction") == "Deny":
            raise _Misconfigured("no params found for policy binding with `Deny` parameterNotFoundAction")
        return [conversion.from_storage(orjson.loads(data), of) for data in found]

    def _found(self, of: ResourceType, namespace: str, reference: dict[str, Any]) -> list[bytes]:
        if reference.get("name"):
            stored = self._store.get_or_none(of.table, namespace, reference["name"])
            return [] if stored is None else [stored.data]
        wanted = selectors.from_document(reference.get("selector"))
        found = [one.data for one in self._store.scan(of.table, namespace) if selectors.matches(wanted, one.labels)]
        if len(found) > PARAMS:
            raise _Misconfigured(f"the paramRef selects {len(found)} objects; at most {PARAMS} are read")
        return found


def _converted(request: Request, of: ResourceType) -> Request:
    """The request with its objects in another version."""

    def convert(manifest: Manifest | None) -> Manifest | None:
        return None if manifest is None else conversion.from_storage(conversion.to_storage(manifest, request.of), of)

    return request.in_version(of, convert(request.manifest), convert(request.old))


def _denial(request: Request, message: str, reason: str) -> status_error.StatusError:
    error = status_error.forbidden(request.of.group, request.of.plural, request.name, message)
    details = {**(error.details or {}), "causes": [{"message": message}]}
    return status_error.StatusError(_CODES.get(reason, 422), reason, error.message, details)
