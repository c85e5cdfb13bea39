"""Questions to the server: who am I, who is this, what may he do. They are answered and not stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dokaseca.dock import accounts, status_error
from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.authn import Authenticator, Identity
from dokaseca.dock.authz.attributes import Attributes
from dokaseca.dock.state import ClusterState
from dokaseca.dock.verbs import admit, answer, incoming
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.ports.wire import WireResponse

KINDS: Final = frozenset(
    {"SelfSubjectAccessReview", "SubjectAccessReview", "LocalSubjectAccessReview", "SelfSubjectRulesReview",
     "SelfSubjectReview", "TokenReview"}
)  # fmt: skip


def handle(cluster: ClusterState, authenticator: Authenticator, call: Call) -> WireResponse:
    """POST of a review: the review with its `status`.

    Raises:
        StatusError: 400, 405, 422.
    """
    if call.request.method != "POST":
        raise status_error.method_not_allowed()
    review = incoming.read_object(call)
    warnings = admit.decode(cluster, call, review)
    kind = call.of.kind
    if kind == "SelfSubjectReview":
        review["metadata"]["creationTimestamp"] = cluster.now()
        review["status"] = {"userInfo": Identity.of(call.request).document}
    elif kind == "TokenReview":
        review["status"] = _token(cluster, authenticator, review)
    elif kind == "SelfSubjectRulesReview":
        review["status"] = _rules(cluster, call, review)
    else:
        review["status"] = _access(cluster, call, review)
    review["metadata"].setdefault("creationTimestamp", None)
    return answer.document(review, 201, answer.warning_headers(warnings))


def _token(cluster: ClusterState, authenticator: Authenticator, review: dict[str, Any]) -> dict[str, Any]:
    """Whom a token speaks for; an error that holds nothing of the token where it speaks for nobody."""
    spec = manifests.get(review, "spec", default={})
    token, audiences = spec.get("token") or "", spec.get("audiences") or [accounts.AUDIENCE]
    if not token:
        raise status_error.bad_request("token is required for TokenReview in authentication")
    try:
        found = cluster.accounts.verify(token, audiences)
    except accounts.BadToken as error:
        known = authenticator.of_token_or_none(token) if accounts.AUDIENCE in audiences else None
        if known is None:
            return {"user": {}, "error": str(error)}
        found = accounts.Verified(known, (accounts.AUDIENCE,))
    return {"authenticated": True, "user": found.identity.document, "audiences": list(found.audiences)}


def _rules(cluster: ClusterState, call: Call, review: dict[str, Any]) -> dict[str, Any]:
    namespace = manifests.get(review, "spec", "namespace", default="")
    if not namespace:
        raise status_error.bad_request("no namespace on request")
    found, errors = cluster.roles.rules_for(Identity.of(call.request), namespace)
    status: dict[str, Any] = {
        "resourceRules": [rule.document for rule in found if rule.resources],
        "nonResourceRules": [rule.document for rule in found if rule.urls],
        "incomplete": bool(errors),
    }
    return {**status, "evaluationError": errors} if errors else status


def _access(cluster: ClusterState, call: Call, review: dict[str, Any]) -> dict[str, Any]:
    spec = manifests.get(review, "spec", default={})
    _check_access(call, review, spec)
    if call.of.kind == "SelfSubjectAccessReview":
        identity = Identity.of(call.request)
    else:
        extra = {key: tuple(values) for key, values in (spec.get("extra") or {}).items()}
        identity = Identity(spec.get("user") or "", tuple(spec.get("groups") or ()), spec.get("uid") or "", extra)
    decision = cluster.roles.authorize(identity, _asked(spec))
    return {"allowed": decision.allowed, **({"reason": decision.reason} if decision.reason else {})}


def _asked(spec: Mapping[str, Any]) -> Attributes:
    path = spec.get("nonResourceAttributes")
    if path is not None:
        return Attributes(path.get("verb") or "", path=path.get("path") or "/")
    of = spec["resourceAttributes"]
    return Attributes(
        of.get("verb") or "",
        of.get("group") or "",
        of.get("resource") or "",
        of.get("subresource") or "",
        of.get("namespace") or "",
        of.get("name") or "",
    )


def _check_access(call: Call, review: dict[str, Any], spec: Mapping[str, Any]) -> None:
    """The rules of k8s.io/kubernetes/pkg/apis/authorization/validation.

    Raises:
        StatusError: 400, 422.
    """
    errors = Errors()
    kind = call.of.kind
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and path is not None:
        errors.invalid("spec.nonResourceAttributes", path, "cannot be specified in combination with resourceAttributes")
    elif resource is None and path is None:
        detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        errors.invalid("spec.resourceAttributes", None, detail)
    if kind != "SelfSubjectAccessReview" and not spec.get("user") and not spec.get("groups"):
        errors.invalid("spec.user", "", "at least one of user or group must be specified")
    if kind == "LocalSubjectAccessReview" and path is not None:
        errors.invalid("spec.nonResourceAttributes", path, "disallowed on this kind of request")
    if errors:
        raise status_error.invalid(call.of.group, kind, manifests.name(review), errors.causes)
    if kind == "LocalSubjectAccessReview" and (resource or {}).get("namespace") != call.namespace:
        message = f"spec.resourceAttributes.namespace must match namespace: {call.namespace}"
        raise status_error.bad_request(message)
