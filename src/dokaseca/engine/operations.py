"""When to sync: requested, automated, self-healing and retried operations, decided from the status alone. Pure.

An operation lives in the Application (`operation`, `status.operationState`), as Argo CD keeps it, so that a process
that dies between two steps leaves everything that the next one needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dokaseca.kit import clock as clocks
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application, Automated, Retry, Source
from dokaseca.model.change import Change, ChangeSet, SyncStatus

RUNNING_PHASES = ("Running", "Terminating")
SELF_HEAL = Retry(duration_seconds=2.0, factor=3.0, max_duration_seconds=300.0)  # Argo CD: 2, 6, 18 ... s
FREE_HEALS = 3  # heals of the same object without a wait: a person's repeated edits are no fight yet


@dataclass(frozen=True, slots=True)
class Start:
    """Begin this operation (the JSON of the Application's `operation` field)."""

    operation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with the operation that `status.operationState` records."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing to do now.

    Attributes:
        sync_error: for the SyncError condition; empty when nothing is wrong.
        retry_after_seconds: when to look again, None when only a change matters.
    """

    sync_error: str = ""
    retry_after_seconds: float | None = None


Decision = Start | Continue | Idle


def decide(application: Application, changes: ChangeSet, revisions: Sequence[str], now: datetime) -> Decision:
    """What to do next for an Application whose comparison with `revisions` gave `changes` (Argo CD: B8, B9)."""
    state = operation_state(application)
    if state.get("phase") in RUNNING_PHASES:
        return _resume(application, state, revisions, now)
    if application.operation is not None:
        return Start(application.operation)
    if application.automated is None or changes.status is not SyncStatus.OUT_OF_SYNC:
        return Idle()
    return _automatic(application, application.automated, changes, list(revisions), now)


def operation_state(application: Application) -> Mapping[str, Any]:
    """`status.operationState`, empty before the first operation."""
    value = application.status.get("operationState")
    return value if isinstance(value, dict) else {}


def synced_revisions(application: Application, result: Mapping[str, Any]) -> list[str]:
    """The revisions in a `syncResult` or history entry, one per source."""
    many = result.get("revisions")
    if application.is_multi_source or many:
        return [str(one) for one in many or ()]
    return [str(result["revision"])] if result.get("revision") else []


def underway(application: Application) -> Mapping[str, Any]:
    """The operation that is running or asked for, empty when there is none."""
    state = operation_state(application)
    if state.get("phase") in RUNNING_PHASES:
        return state.get("operation") or {}
    return application.operation or {}


def pinned(application: Application) -> list[str]:
    """The revisions that an operation underway must use, one per source; empty when `targetRevision` decides."""
    state = operation_state(application)
    if state.get("phase") in RUNNING_PHASES and not state.get("finishedAt"):
        return synced_revisions(application, state.get("syncResult") or {})
    return synced_revisions(application, (application.operation or {}).get("sync") or {})


def effective(application: Application) -> Application:
    """The Application with the sources that an operation underway carries (a rollback brings those of its history)."""
    sync = underway(application).get("sync") or {}
    sources = sync.get("sources") or ([sync["source"]] if sync.get("source") else [])
    if not sources:
        return application
    return replace(
        application, sources=tuple(Source(one) for one in sources), is_multi_source=bool(sync.get("sources"))
    )


def retry_of(operation: Mapping[str, Any], application: Application) -> Retry:
    """The retry policy of an operation: its own limit where it names one, the Application's back-off."""
    limit = manifests.get(operation, "retry", "limit")
    policy = application.retry
    if limit is None:
        return policy if manifests.get(operation, "initiatedBy", "automated") else Retry(limit=0)
    return Retry(int(limit), policy.duration_seconds, policy.factor, policy.max_duration_seconds)


def _resume(application: Application, state: Mapping[str, Any], revisions: Sequence[str], now: datetime) -> Decision:
    finished, attempt = state.get("finishedAt"), int(state.get("retryCount") or 0)
    if not finished or not attempt:
        return Continue()
    operation = state.get("operation") or {}
    pinned = synced_revisions(application, state.get("syncResult") or {})
    if manifests.get(operation, "initiatedBy", "automated") and pinned != list(revisions):
        return Start({**operation, "sync": {**(operation.get("sync") or {}), **_revision(application, revisions)}})
    due = clocks.parse_rfc3339(str(finished)) + timedelta(
        seconds=retry_of(operation, application).delay_seconds(attempt - 1)
    )
    return Continue() if now >= due else Idle(retry_after_seconds=(due - now).total_seconds())


def _automatic(
    application: Application, automated: Automated, changes: ChangeSet, revisions: list[str], now: datetime
) -> Decision:
    drifted = [change for change in changes.changes if change.counts and change.status is not SyncStatus.SYNCED]
    if not automated.prune and all(change.requires_pruning for change in drifted):
        return Idle()
    if automated.prune and not automated.allow_empty and _would_wipe_out(changes):
        return Idle("auto-sync will wipe out all resources; set syncPolicy.automated.allowEmpty if that is meant")
    sync: dict[str, Any] = {"prune": automated.prune, "syncOptions": list(application.sync_options)} | _revision(
        application, revisions
    )
    operation: dict[str, Any] = {
        "initiatedBy": {"automated": True},
        "retry": {"limit": application.retry.limit},
        "sync": {name: value for name, value in sync.items() if value},
    }
    state = operation_state(application)
    if not _was_attempted(application, state, revisions):
        return Start(operation)
    if state.get("phase") != "Succeeded":
        return Idle(f"Failed last sync attempt to {_short(revisions)}: {state.get('message') or 'unknown error'}")
    if not automated.self_heal:
        return Idle()
    resources = [_reference(change) for change in drifted]
    attempts = _heals_of_the_same(state, resources, now)
    wait = _heal_wait_seconds(state, attempts, now)
    if wait > 0:
        return Idle(retry_after_seconds=wait)
    heal = {**operation["sync"], "autoHealAttemptsCount": attempts + 1, "resources": resources}
    return Start({**operation, "sync": heal})


def _was_attempted(application: Application, state: Mapping[str, Any], revisions: list[str]) -> bool:
    result = state.get("syncResult")
    if not isinstance(result, dict):
        return bool(state.get("phase"))
    sources = result.get("sources") or ([result["source"]] if result.get("source") else [])
    return synced_revisions(application, result) == revisions and list(sources) == [
        dict(one.spec) for one in application.sources
    ]


def _reference(change: Change) -> dict[str, str]:
    key = change.key
    named = {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
    return {name: value for name, value in named.items() if value}


def _heals_of_the_same(state: Mapping[str, Any], resources: list[dict[str, str]], now: datetime) -> int:
    """How often in a row the same objects were healed; drift elsewhere, or after a long peace, starts at 0."""
    sync = manifests.get(state, "operation", "sync", default={})
    finished = state.get("finishedAt")
    if not sync.get("autoHealAttemptsCount") or not finished or not any(one in resources for one in sync["resources"]):
        return 0
    peace_seconds = (now - clocks.parse_rfc3339(str(finished))).total_seconds()
    return 0 if peace_seconds > SELF_HEAL.max_duration_seconds else int(sync["autoHealAttemptsCount"])


def _heal_wait_seconds(state: Mapping[str, Any], attempts: int, now: datetime) -> float:
    """A few heals are immediate; a fight with another controller slows down instead of spinning."""
    if attempts < FREE_HEALS:
        return 0.0
    since = (now - clocks.parse_rfc3339(str(state["finishedAt"]))).total_seconds()
    return max(0.0, SELF_HEAL.delay_seconds(attempts - FREE_HEALS) - since)


def _would_wipe_out(changes: ChangeSet) -> bool:
    live = [change for change in changes.changes if change.live is not None and not change.hook]
    return bool(live) and all(change.requires_pruning for change in live)


def _revision(application: Application, revisions: Sequence[str]) -> dict[str, Any]:
    if application.is_multi_source:
        return {"revisions": list(revisions)}
    return {"revision": revisions[0]} if revisions else {}


def _short(revisions: Sequence[str]) -> str:
    return "[" + ", ".join(one[:12] for one in revisions) + "]"
