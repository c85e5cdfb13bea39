"""When to sync: requested, automated, self-healing and retried operations, decided from the status alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dokaseca.engine import underway
from dokaseca.kit import clock as clocks
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application, Automated, Retry
from dokaseca.model.change import Change, ChangeSet, SyncStatus

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


def decide(
    application: Application, changes: ChangeSet, revisions: Sequence[str], now: datetime, *, cured: bool = False
) -> Decision:
    """What to do next for an Application whose comparison with `revisions` gave `changes` (Argo CD: B8, B9).

    Args:
        cured: what made the last attempt fail is known to be gone: an automated sync does not wait for its retry, and
            not for a new revision either.
    """
    if underway.is_underway(application):
        return _resume(application, revisions, now, cured=cured)
    if application.operation is not None:
        return Start(application.operation)
    if application.automated is None or changes.status is not SyncStatus.OUT_OF_SYNC:
        return Idle()
    drifted = _drifted(application.automated, changes)
    if not drifted:
        return Idle()
    if application.automated.prune and not application.automated.allow_empty and _would_wipe_out(changes):
        return Idle("auto-sync will wipe out all resources; set syncPolicy.automated.allowEmpty if that is meant")
    return _automatic(application, drifted, list(revisions), now, cured=cured)


def failure(revisions: Sequence[str], message: str) -> str:
    """The SyncError condition of an automated sync that failed for good."""
    return f"Failed last sync attempt to {_short(revisions)}: {message or 'unknown error'}"


def _resume(application: Application, revisions: Sequence[str], now: datetime, *, cured: bool) -> Decision:
    state = underway.operation_state(application)
    if not underway.waits(state):
        return Continue()
    asked = underway.requested_or_none(application)
    if asked is not None:
        return Start(asked)
    operation = state.get("operation") or {}
    if underway.is_automated(operation) and not _was_attempted(application, state, list(revisions)):
        return Start(_automated_operation(application, operation.get("sync") or {}, revisions))
    attempt = int(state["retryCount"])
    due = clocks.parse_rfc3339(str(state["finishedAt"])) + timedelta(
        seconds=underway.retry_of(operation, application).delay_seconds(attempt - 1)
    )
    if now >= due or cured:
        return Continue()
    told = str(state.get("message") or "") if underway.is_automated(operation) else ""
    return Idle(told, (due - now).total_seconds())


def _drifted(automated: Automated, changes: ChangeSet) -> list[Change]:
    """What an automated sync would do something about."""
    counting = [change for change in changes.changes if change.counts and change.status is not SyncStatus.SYNCED]
    return [change for change in counting if automated.prune or not change.requires_pruning]


def _automatic(
    application: Application, drifted: list[Change], revisions: list[str], now: datetime, *, cured: bool
) -> Decision:
    automated = application.automated or Automated()
    operation = _automated_operation(application, {"prune": automated.prune}, revisions)
    state = underway.operation_state(application)
    if cured or not _was_attempted(application, state, revisions):
        return Start(operation)
    if state.get("phase") != "Succeeded":
        return Idle(failure(revisions, str(state.get("message") or "")))
    if not automated.self_heal:
        return Idle()
    resources = [_reference(change) for change in drifted]
    attempts = _heals_of_the_same(state, resources, now)
    wait = _heal_wait_seconds(state, attempts, now)
    if wait > 0:
        return Idle(retry_after_seconds=wait)
    heal = {**operation["sync"], "autoHealAttemptsCount": attempts + 1, "resources": resources}
    return Start({**operation, "sync": heal})


def _automated_operation(application: Application, like: Mapping[str, Any], revisions: Sequence[str]) -> dict[str, Any]:
    """A full sync to `revisions`, whether or not it takes the place of a partial one."""
    sync = {"prune": like.get("prune") is True, "syncOptions": list(application.sync_options)}
    sync |= _revision(application, revisions)
    return {
        "initiatedBy": {"automated": True},
        "retry": {"limit": application.retry.limit},
        "sync": {name: value for name, value in sync.items() if value},
    }


def _was_attempted(application: Application, state: Mapping[str, Any], revisions: list[str]) -> bool:
    result = state.get("syncResult")
    if manifests.get(state, "operation", "sync", "dryRun") is True:
        return False  # nothing was attempted
    if not isinstance(result, dict):
        return bool(state.get("phase")) and underway.is_automated(state.get("operation") or {})
    sources = result.get("sources") or ([result["source"]] if result.get("source") else [])
    return underway.synced_revisions(application, result) == revisions and list(sources) == [
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
    objects = [change for change in changes.changes if not change.hook]
    return bool(objects) and all(change.requires_pruning for change in objects)


def _revision(application: Application, revisions: Sequence[str]) -> dict[str, Any]:
    if application.is_multi_source:
        return {"revisions": list(revisions)}
    return {"revision": revisions[0]} if revisions else {}


def _short(revisions: Sequence[str]) -> str:
    return "[" + ", ".join(one[:12] for one in revisions) + "]"
