"""Admission policies as requests meet them: first the mutating ones, then, on the outcome, the validating ones.

Follows k8s.io/apiserver/pkg/admission/plugin/policy. A request that no policy is about pays one look.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.admission import mutating, policies_bound
from dokaseca.dock.admission.mutating import MutatingPolicy
from dokaseca.dock.admission.mutating_apply import Kinds
from dokaseca.dock.admission.policies_bound import Bound, Invocation
from dokaseca.dock.admission.policies_request import Request
from dokaseca.dock.admission.policies_validating import Failure, ValidatingPolicy
from dokaseca.dock.resources import Registry, ResourceType
from dokaseca.dock.store.objects import Store
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

log = logging.getLogger("dokaseca.dock")

GROUP: Final = "admissionregistration.k8s.io"
POLICIES: Final = f"validatingadmissionpolicies.{GROUP}"
BINDINGS: Final = f"validatingadmissionpolicybindings.{GROUP}"
MUTATING: Final = f"mutatingadmissionpolicies.{GROUP}"
MUTATING_BINDINGS: Final = f"mutatingadmissionpolicybindings.{GROUP}"
_FAILURE_KEY: Final = "validation.policy.admission.k8s.io/validation_failure"
_CODES: Final = {"Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413}


class Policies:
    """The policies of one cluster, and their bindings.

    Args:
        store: the cluster's objects.
        registry: its kinds.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self._validating = Bound(store, registry, (POLICIES, BINDINGS), ValidatingPolicy)
        self._mutating = Bound(store, registry, (MUTATING, MUTATING_BINDINGS), MutatingPolicy)

    def may_mutate(self, of: ResourceType, subresource: str, operation: str) -> bool:
        """Whether a mutating policy is about such requests."""
        return bool(self._mutating.candidates(of, subresource, operation)) and of.group != GROUP

    def may_deny(self, of: ResourceType, subresource: str, operation: str) -> bool:
        """Whether a validating policy is about such requests.

        What governs admission is not governed by it: a bad policy can always be removed.
        """
        return bool(self._validating.candidates(of, subresource, operation)) and of.group != GROUP

    def mutate(self, request: Request, kinds: Kinds) -> Manifest:
        """The request's object as the mutating policies leave it.

        Args:
            request: of which the object is changed; it is left as it is.
            kinds: what is known of kinds.

        Raises:
            StatusError: 403, a policy fails and does not ignore that; 500, it makes what is no object of the kind.
        """
        candidates = self._mutating.candidates(request.of, request.subresource, request.operation)
        if not candidates:
            assert request.manifest is not None
            return request.manifest
        return mutating.mutate(self._mutating, candidates, request, kinds)

    def review(self, request: Request) -> tuple[str, ...]:
        """Let the request pass, or refuse it.

        Returns:
            Warnings of bindings that only warn.

        Raises:
            StatusError: a policy denies it; 422 unless the policy says another reason.
        """
        verdict = _Verdict(request, self._validating)
        candidates = self._validating.candidates(request.of, request.subresource, request.operation)
        for invocation in self._validating.met(request, candidates):
            verdict.ask(invocation)
        verdict.publish()
        if verdict.denied:
            raise _denial(request, *verdict.denied[0])
        return tuple(verdict.warnings)


class _Verdict:
    """Collects what the validating policies find about one request."""

    def __init__(self, request: Request, bound: Bound[ValidatingPolicy]) -> None:
        self._request = request
        self._bound = bound
        self.denied: list[tuple[str, str]] = []
        self.warnings: list[str] = []
        self._annotations: dict[str, list[str]] = {}

    def ask(self, invocation: Invocation[ValidatingPolicy]) -> None:
        policy, title = invocation.policy, f"ValidatingAdmissionPolicy {invocation.title}"
        if invocation.problem:
            if not policy.is_forgiving:
                self.denied.append((f"{title} denied request: {invocation.problem}", "Invalid"))
            return
        request = policies_bound.seen(self._request, invocation.of)
        namespace = self._bound.namespace(request.namespace if request.of.table != "namespaces" else "")
        for param in invocation.params:
            found = policy.findings(request, param, namespace)
            for failure in found.failures:
                self._act(invocation.binding, title, failure)
            self.denied += [(f"{title} denied request: {error}", "Invalid") for error in found.errors]
            for key, value in found.annotations.items():
                self._annotate(f"{policy.name}/{key}", value)

    def _act(self, binding: Manifest, title: str, failure: Failure) -> None:
        actions = manifests.get(binding, "spec", "validationActions", default=[])
        if "Deny" in actions:
            self.denied.append((f"{title} denied request: {failure.message}", failure.reason))
        if "Warn" in actions:
            self.warnings.append(f"Validation failed for {title}: {failure.message}")
        if "Audit" in actions:
            value = {
                "message": failure.message,
                "policy": manifests.get(binding, "spec", "policyName"),
                "binding": manifests.name(binding),
                "expressionIndex": failure.index,
                "validationActions": actions,
            }
            self._annotations.setdefault(_FAILURE_KEY, [orjson.dumps([value]).decode()])  # the first one stays

    def _annotate(self, key: str, value: str) -> None:
        values = self._annotations.setdefault(key, [])
        if value not in values:
            values.append(value)

    def publish(self) -> None:
        """Write the audit annotations to the server's log: there is no audit log of its own."""
        if not self._annotations:
            return
        request = self._request
        fields: dict[str, Any] = {
            "verb": request.operation,
            "resource": request.of.path,
            "namespace": request.namespace,
            "name": request.name,
            "user": request.identity.user,
            "annotations": {key: ", ".join(values) for key, values in self._annotations.items()},
        }
        log.info("admission audit", extra={"fields": fields})


def _denial(request: Request, message: str, reason: str) -> status_error.StatusError:
    error = status_error.forbidden(request.of.group, request.of.plural, request.name, message)
    details = {**(error.details or {}), "causes": [{"message": message}]}
    return status_error.StatusError(_CODES.get(reason, 422), reason, error.message, details)
