"""Questions to the server: who am I, what may I do. They are answered and not stored."""

from __future__ import annotations

from typing import Any

from dokaseca.dock import status_error
from dokaseca.dock.verbs import answer, write
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.ports.wire import WireResponse

_MASTERS = "system:masters"
KINDS = frozenset(
    {"SelfSubjectAccessReview", "SubjectAccessReview", "LocalSubjectAccessReview", "SelfSubjectRulesReview",
     "SelfSubjectReview", "TokenReview"}
)  # fmt: skip


def handle(call: Call) -> WireResponse:
    """POST of a review: the review with its `status`.

    Raises:
        StatusError: 400, 405.
    """
    if call.request.method != "POST":
        raise status_error.method_not_allowed()
    review = write.read_object(call)
    review["status"] = _status(call, review)
    review["metadata"].setdefault("creationTimestamp", None)
    return answer.document(review, 201)


def _status(call: Call, review: dict[str, Any]) -> dict[str, Any]:
    user, groups = call.request.user, list(call.request.groups)
    kind = call.of.kind
    if kind == "SelfSubjectReview":
        return {"userInfo": {"username": user, "groups": groups}}
    if kind == "TokenReview":
        return {"authenticated": False, "user": {}}
    if kind == "SelfSubjectRulesReview":
        everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
        urls = {"verbs": ["*"], "nonResourceURLs": ["*"]}
        is_master = _MASTERS in groups
        rules, paths = ([everything], [urls]) if is_master else ([], [])
        return {"resourceRules": rules, "nonResourceRules": paths, "incomplete": False}
    if kind != "SelfSubjectAccessReview":
        groups = manifests.get(review, "spec", "groups", default=[])
    return {"allowed": True} if _MASTERS in groups else {"allowed": False, "reason": "not a member of system:masters"}
