"""The policies of one kind with their bindings: which a request meets, through which binding, with which parameters.

Follows k8s.io/apiserver/pkg/admission/plugin/policy/generic. What a kind's requests may meet at all is kept by kind,
subresource and operation: a request that no policy is about costs one look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import orjson

from dokaseca.dock import conversion, selectors
from dokaseca.dock.admission import policies_match as match
from dokaseca.dock.admission.policies_program import Policy
from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.resources import Registry, ResourceType
from dokaseca.dock.store.history import Change
from dokaseca.dock.store.objects import Store
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

PARAMS: Final = 100  # objects that one binding hands to a policy: each is one more evaluation
P = TypeVar("P", bound=Policy)
Candidates = tuple[tuple[P, tuple[Manifest, ...]], ...]


class Misconfigured(Exception):
    """A binding that cannot be followed; the policy's failurePolicy says what that means."""


@dataclass(frozen=True, slots=True)
class Invocation(Generic[P]):
    """One policy that a request meets, through one binding.

    Attributes:
        of: the kind at the version that the policy is about.
        params: each an object that the policy is asked with; None for no parameters.
        problem: why the binding cannot be followed, empty where it can.
    """

    policy: P
    binding: Manifest
    of: ResourceType
    params: tuple[Manifest | None, ...] = ()
    problem: str = ""

    @property
    def title(self) -> str:
        """How messages name it."""
        return f"'{self.policy.name}' with binding '{manifests.name(self.binding)}'"


class Bound(Generic[P]):
    """Policies and bindings of one kind, kept in step with the store; compiled when a request first meets them.

    Args:
        tables: where the policies and where the bindings are.
        make: a policy from its object.
    """

    def __init__(
        self, store: Store, registry: Registry, tables: tuple[str, str], make: Callable[[Manifest], P]
    ) -> None:
        self._store = store
        self._registry = registry
        self._tables = tables
        self._make = make
        self._policies: dict[str, P] = {}
        self._bindings: dict[str, Manifest] = {}
        self._known: dict[tuple[str, str, str], Candidates[P]] = {}
        self._generation = registry.generation
        for table in tables:
            for stored in store.scan(table):
                self._take(table, stored.name, stored.data)
        store.observe(self._follow)

    def _follow(self, table: str, change: Change) -> None:
        if table in self._tables:
            self._take(table, change.after.name, None if change.gone else change.after.data)

    def _take(self, table: str, name: str, data: bytes | None) -> None:
        manifest = None if data is None else orjson.loads(data)
        self._known.clear()
        if table != self._tables[0]:
            self._bindings.pop(name, None)
            if manifest is not None:
                self._bindings[name] = manifest
        elif manifest is None:
            self._policies.pop(name, None)
        elif name not in self._policies or self._policies[name].spec != manifest.get("spec"):
            self._policies[name] = self._make(manifest)

    def candidates(self, of: ResourceType, subresource: str, operation: str) -> Candidates[P]:
        """Policies, by name, with their bindings, by name, that are about such requests; objects are not looked at."""
        if not self._policies or not self._bindings:
            return ()
        if self._generation != self._registry.generation:
            self._known.clear()
            self._generation = self._registry.generation
        key = (of.path, subresource, operation)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = tuple(self._about(of, subresource, operation))
        return found

    def _about(self, of: ResourceType, subresource: str, operation: str) -> Iterator[tuple[P, tuple[Manifest, ...]]]:
        for name, policy in sorted(self._policies.items()):
            rules = policy.constraints.get("resourceRules") or ()
            others = self._equivalents(of, policy.constraints)
            if any(match.is_about(rule, one, subresource, operation) for one in others for rule in rules):
                bound = [one for one in self._bindings.values() if manifests.get(one, "spec", "policyName") == name]
                if bound:
                    yield policy, tuple(sorted(bound, key=manifests.name))

    def _equivalents(self, of: ResourceType, constraints: dict[str, Any]) -> list[ResourceType]:
        if constraints.get("matchPolicy") == "Exact":
            return [of]
        return [of, *(other for other in self._registry if other.table == of.table and other is not of)]

    def met(self, request: Request, candidates: Candidates[P]) -> Iterator[Invocation[P]]:
        """What the request meets, in order."""
        for policy, bindings in candidates:
            of = self._met_or_none(policy, request)
            if of is not None:
                for binding in bindings:
                    yield from self._invoked(policy, binding, of, request)

    def _met_or_none(self, policy: P, request: Request) -> ResourceType | None:
        """The version of the request's kind that the policy's constraints meet."""
        for of in self._equivalents(request.of, policy.constraints):
            if match.rules(policy.constraints, of, request, is_binding=False):
                return of if self._selected(policy.constraints, request) else None
        return None

    def _selected(self, match_resources: dict[str, Any], request: Request) -> bool:
        return match.objects(match_resources, request) and match.namespaces(match_resources, request, self.namespace)

    def namespace(self, name: str) -> Manifest | None:
        """A namespace, as `namespaceObject` shows it."""
        found = self._store.get_or_none("namespaces", "", name) if name else None
        return orjson.loads(found.data) if found is not None else None

    def _invoked(self, policy: P, binding: Manifest, of: ResourceType, request: Request) -> Iterator[Invocation[P]]:
        resources = manifests.get(binding, "spec", "matchResources", default={})
        if not match.rules(resources, of, request, is_binding=True) or not self._selected(resources, request):
            return
        try:
            yield Invocation(policy, binding, of, tuple(self._params(policy, binding, request)))
        except Misconfigured as error:
            yield Invocation(policy, binding, of, problem=f"failed to configure binding: {error}")

    def _params(self, policy: P, binding: Manifest, request: Request) -> list[Manifest | None]:
        kind, reference = policy.spec.get("paramKind"), manifests.get(binding, "spec", "paramRef")
        if kind is None or reference is None:
            return [None]
        of = self._registry.of_kind_or_none(manifests.gvk(kind))
        if of is None:
            named = f"{kind['apiVersion']}, Kind={kind['kind']}"
            raise Misconfigured(f"failed to find resource referenced by paramKind: '{named}'")
        namespace = reference.get("namespace") or ""
        if namespace and not of.namespaced:
            raise Misconfigured("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        namespace = namespace or (request.namespace if of.namespaced else "")
        if of.namespaced and not namespace:
            raise Misconfigured(
                "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
            )
        found = self._found(of, namespace, reference)
        if not found and reference.get("parameterNotFoundAction") == "Deny":
            raise Misconfigured("no params found for policy binding with `Deny` parameterNotFoundAction")
        return [conversion.from_storage(orjson.loads(data), of) for data in found]

    def _found(self, of: ResourceType, namespace: str, reference: dict[str, Any]) -> list[bytes]:
        if reference.get("name"):
            stored = self._store.get_or_none(of.table, namespace, reference["name"])
            return [] if stored is None else [stored.data]
        wanted = selectors.from_document(reference.get("selector"))
        found = [one.data for one in self._store.scan(of.table, namespace) if selectors.matches(wanted, one.labels)]
        if len(found) > PARAMS:
            raise Misconfigured(f"the paramRef selects {len(found)} objects; at most {PARAMS} are read")
        return found


def seen(request: Request, of: ResourceType) -> Request:
    """The request with its objects in another version of its kind."""
    if of is request.of:
        return request
    if request.view is not None:
        return request.in_version(of, request.manifest, request.old)
    manifest, old = (None if one is None else converted(one, request.of, of) for one in (request.manifest, request.old))
    return request.in_version(of, manifest, old)


def converted(manifest: Manifest, source: ResourceType, target: ResourceType) -> Manifest:
    """An object in another version of its kind; itself in its own."""
    if source is target:
        return manifest
    return conversion.from_storage(conversion.to_storage(manifest, source), target)
