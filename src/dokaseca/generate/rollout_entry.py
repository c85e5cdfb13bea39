"""One Application on its way through a RollingSync: Waiting, Pending, Progressing, Healthy. Pure.

What is shown of an Application counts only when it is about the spec that it has now: `status.sync.comparedTo` says so.
Argo CD believes an old Synced too, and calls a step done that has not begun (argo-cd#29410).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.kit import digest
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

WAITING: Final = "Waiting"
PENDING: Final = "Pending"
PROGRESSING: Final = "Progressing"
HEALTHY: Final = "Healthy"

USERNAME: Final = "applicationset-controller"
REASON: Final = "ApplicationSet RollingSync triggered a sync of this Application resource"
MARK: Final = "dokaseca.dev/rollout"  # tells the operation of this transition from all others
RETRY_LIMIT: Final = 5  # Argo CD: as for automated syncs

_PENDING_CHANGES: Final = "Application has pending changes"
_COMPARED: Final = ("destination", "ignoreDifferences", "source", "sources")
_ERRORS: Final = ("InvalidSpecError", "UnknownError")


@dataclass(frozen=True, slots=True)
class Seen:
    """What counts of a live Application.

    Attributes:
        revisions: one per source, empty before the first comparison.
        is_current: whether its status is about the spec that it has now.
        has_error: whether it cannot be compared or synced at all.
        sources: as its spec says.
    """

    revisions: tuple[str, ...]
    sync: str
    health: str
    is_current: bool
    has_error: bool
    operation_state: Mapping[str, Any]
    sources: tuple[Any, ...]


def seen(live: Manifest) -> Seen:
    """`live`, read."""
    sync = manifests.get(live, "status", "sync", default={})
    many = sync.get("revisions")
    revisions = [str(one) for one in many] if isinstance(many, list) and many else [str(sync.get("revision") or "")]
    compared, spec = sync.get("comparedTo"), manifests.get(live, "spec", default={})
    conditions = manifests.get(live, "status", "conditions", default=[])
    state = manifests.get(live, "status", "operationState", default={})
    return Seen(
        tuple(one for one in revisions if one),
        str(sync.get("status") or ""),
        str(manifests.get(live, "status", "health", "status", default="")),
        isinstance(compared, dict) and all(compared.get(name) == spec.get(name) for name in _COMPARED),
        any(isinstance(one, dict) and one.get("type") in _ERRORS for one in conditions),
        state if isinstance(state, dict) else {},
        _sources(spec),
    )


def advanced(
    before: Mapping[str, Any] | None, live: Manifest, step: str, now: str, *, spec_differs: bool
) -> dict[str, Any]:
    """The entry of `status.applicationStatus` after a look at the Application.

    Args:
        before: its entry until now, None for a new one.
        now: RFC 3339.
        spec_differs: whether what was generated is not yet what the Application says.
    """
    it = seen(live)
    name = manifests.name(live)
    if before is None:
        entry = _entry(name, WAITING, "No Application status found, defaulting status to Waiting", step, now, it)
    else:
        entry = {**before, "application": name, "step": step}
    revisions_differ = tuple(entry.get("targetRevisions") or ()) != it.revisions
    if revisions_differ or spec_differs:
        entry = _entry(name, WAITING, _pending_changes(revisions_differ, spec_differs), step, now, it)
    if spec_differs or not (it.is_current or it.has_error):
        return entry  # what is shown is about another spec
    moved = _moved(entry, it)
    return entry if moved is None else {**entry, "status": moved[0], "message": moved[1], "lastTransitionTime": now}


def pending(entry: Mapping[str, Any], now: str) -> dict[str, Any]:
    """A waiting entry whose turn has come."""
    told = "Application moved to Pending status, watching for the Application resource to start Progressing"
    return {**entry, "status": PENDING, "message": told, "lastTransitionTime": now}


def operation(entry: Mapping[str, Any], application: Manifest) -> dict[str, Any]:
    """The sync that a pending Application is asked to do, at the revisions that the rollout is about."""
    policy = manifests.get(application, "spec", "syncPolicy", default={})
    automated = policy.get("automated") or {}
    sync: dict[str, Any] = {}
    revisions = list(entry.get("targetRevisions") or ())
    if manifests.get(application, "spec", "sources", default=[]):
        sync["revisions"] = revisions
    elif revisions:
        sync["revision"] = revisions[0]
    if policy.get("syncOptions"):
        sync["syncOptions"] = list(policy["syncOptions"])
    if automated.get("prune") is True:
        sync["prune"] = True
    return {
        "initiatedBy": {"username": USERNAME, "automated": True},
        "info": [{"name": "Reason", "value": REASON}, {"name": MARK, "value": _mark(entry)}],
        "sync": {name: value for name, value in sync.items() if value},
        "retry": policy.get("retry") or {"limit": RETRY_LIMIT},
    }


def _moved(entry: Mapping[str, Any], it: Seen) -> tuple[str, str] | None:
    """The next status and why; None when nothing has happened."""
    status = entry.get("status")
    if status == WAITING and it.sync == "Synced":
        new = HEALTHY if it.health == "Healthy" else PROGRESSING
        return new, f"Application resource has synced, updating status to {new}"
    if status == PENDING:
        return _begun(entry, it)
    if status == PROGRESSING and it.health == "Healthy" and it.sync == "Synced":
        return HEALTHY, "Application resource became Healthy, updating status from Progressing to Healthy"
    return None


def _begun(entry: Mapping[str, Any], it: Seen) -> tuple[str, str] | None:
    """Whether the sync that was asked for has begun. Whether it succeeds is not asked: that is for its retries."""
    if not _is_ours(entry, it):
        if it.has_error:
            return PROGRESSING, "Application resource has error and cannot sync, updating status to Progressing"
        return None
    phase = it.operation_state.get("phase")
    if phase == "Succeeded":
        how = "completed a sync successfully"
    elif phase in ("Failed", "Error"):
        how = "completed a sync"
    else:
        how = "became Progressing"
    return PROGRESSING, f"Application resource {how}, updating status from Pending to Progressing"


def _is_ours(entry: Mapping[str, Any], it: Seen) -> bool:
    """Whether the operation is the one of this transition, or a later one of somebody else's.

    Times have whole seconds: of the second of the transition itself they tell nothing.
    """
    infos = manifests.get(it.operation_state, "operation", "info", default=[])
    marks = [one.get("value") for one in infos if isinstance(one, dict) and one.get("name") == MARK]
    if not marks:
        return str(it.operation_state.get("startedAt") or "") > str(entry.get("lastTransitionTime") or "")
    synced = _sources(it.operation_state.get("syncResult"))
    return marks == [_mark(entry)] and synced in ((), it.sources)


def _mark(entry: Mapping[str, Any]) -> str:
    """What no other transition of another second or to another revision has."""
    parts = [entry.get(name) for name in ("application", "targetRevisions", "lastTransitionTime")]
    return digest.of_value(parts)[:16]


def _sources(spec: Any) -> tuple[Any, ...]:
    many = manifests.get(spec, "sources", default=[])
    if isinstance(many, list) and many:
        return tuple(many)
    one = manifests.get(spec, "source")
    return () if one is None else (one,)


def _pending_changes(revisions_differ: bool, spec_differs: bool) -> str:
    why = ""
    if spec_differs:
        why = " (revision and spec differ)" if revisions_differ else " (spec differs)"
    return f"{_PENDING_CHANGES}{why}, setting status to Waiting"


def _entry(name: str, status: str, message: str, step: str, now: str, it: Seen) -> dict[str, Any]:
    return {
        "application": name,
        "status": status,
        "message": message,
        "step": step,
        "lastTransitionTime": now,
        "targetRevisions": list(it.revisions),
    }
