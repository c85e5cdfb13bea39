"""When to sync: requested, automated, self-healing and retried operations, decided from the status alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dokaseca.engine import underway
from dokaseca.kit import clock as clocks
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application, Automated, Retry
from dokaseca.model.change import Change, ChangeSet, SyncStatus

SELF_HEAL = Retry(duration_seconds=2.0, factor=3.0, max_duration_seconds=300.0)  # Argo CD: 2, 6, 18 ... s
HEALED_AT_ONCE = 500  # the operation names them, and lies twice in the Application: the next heal takes the others
FIGHT_HEALS = 5  # heals in a row of the same object: no person edits as stubbornly
MOST_HEALS = 12  # more change nothing: from then on there is one try per truce
TRUCE_SECONDS = 3600.0  # between two tries to win a fight that is lost
GRACE_SECONDS = 60.0  # after a wait of ours the other side gets this long before it counts as peace
FIELDS_NAMED, OBJECTS_NAMED = 5, 3  # in a message
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
        contested: which fields somebody else sets again after every heal, for a condition; empty when none.
    """

    sync_error: str = ""
    retry_after_seconds: float | None = None
    contested: str = ""


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


def was_attempted(application: Application, revisions: Sequence[str]) -> bool:
    """Whether the last operation, ended or not, is about `revisions` of the sources as they stand in `application`."""
    return _was_attempted(application, underway.operation_state(application), list(revisions))


def failure(revisions: Sequence[str], message: str) -> str:
    """The SyncError condition of an automated sync that failed for good."""
    return f"Failed last sync attempt to {_short(revisions)}: {message or 'unknown error'}"


def _resume(application: Application, revisions: Sequence[str], now: datetime, *, cured: bool) -> Decision:
    state = underway.operation_state(application)
    if not underway.waits(state):
        if underway.may_be_replaced(application) and not _was_attempted(application, state, list(revisions)):
            return Start(_superseding(application, state, revisions))
        return Continue()
    asked = underway.requested_or_none(application)
    if asked is not None:
        return Start(asked)
    operation = state.get("operation") or {}
    if underway.is_automated(operation) and not _was_attempted(application, state, list(revisions)):
        if application.automated is None:  # a RollingSync began it, and says when the newer commit's turn is
            return Idle(str(state.get("message") or ""))
        return Start(_automated_operation(application, operation.get("sync") or {}, revisions))
    attempt = int(state["retryCount"])
    delay = underway.retry_of(operation, application).delay_seconds(attempt - 1)
    left = _left_seconds(state, delay, now)
    if left == 0 or cured:
        return Continue()
    told = str(state.get("message") or "") if underway.is_automated(operation) else ""
    return Idle(told, left)


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
        return _after_failure(application, operation, state, revisions, now)
    if not automated.self_heal:
        return Idle()
    resources = [_reference(change) for change in drifted]
    healed = {_place(one) for one in manifests.get(state, "operation", "sync", "resources", default=())}
    again = [one for one in resources if _place(one) in healed]
    attempts = _heals_so_far(state, now) if again else 0
    wait = _heal_wait_seconds(state, attempts, now)
    if wait > 0:
        told = _contested(drifted, healed) if attempts >= FIGHT_HEALS else ""
        return Idle(retry_after_seconds=wait, contested=told)
    fresh = [one for one in resources if _place(one) not in healed]  # nobody waits for those that drift for ever
    chosen = resources if len(resources) <= HEALED_AT_ONCE else [*fresh, *again][:HEALED_AT_ONCE]
    heal = {**operation["sync"], "autoHealAttemptsCount": attempts + 1, "resources": chosen}
    return Start({**operation, "sync": heal})


def _after_failure(
    application: Application,
    operation: Mapping[str, Any],
    state: Mapping[str, Any],
    revisions: Sequence[str],
    now: datetime,
) -> Decision:
    """A sync whose retries are used up: with self-heal it is tried again, ever more slowly; in Argo CD it never is."""
    told = failure(revisions, str(state.get("message") or ""))
    if application.automated is None or not application.automated.self_heal or not state.get("finishedAt"):
        return Idle(told)
    attempts = int(manifests.get(state, "operation", "sync", "autoHealAttemptsCount", default=0))
    left = _left_seconds(state, SELF_HEAL.max_duration_seconds, now)
    if left > 0:
        return Idle(told, left)
    again = {**operation["sync"], "autoHealAttemptsCount": attempts + 1}
    return Start({**operation, "retry": {"limit": 0}, "sync": again})


def _automated_operation(application: Application, like: Mapping[str, Any], revisions: Sequence[str]) -> dict[str, Any]:
    """A full sync to `revisions`, whether or not it takes the place of a partial one."""
    sync = {"prune": like.get("prune") is True, "syncOptions": list(application.sync_options)}
    sync |= _revision(application, revisions)
    return {
        "initiatedBy": {"automated": True},
        "retry": {"limit": application.retry.limit},
        "sync": {name: value for name, value in sync.items() if value},
    }


def _superseding(application: Application, state: Mapping[str, Any], revisions: Sequence[str]) -> dict[str, Any]:
    """The sync of a newer commit; it says whose place it takes."""
    before = underway.synced_revisions(application, state.get("syncResult") or {})
    taken = {"name": "Supersedes", "value": f"sync to {_short(before)}, {state.get('message')}"}
    operation = _automated_operation(application, manifests.get(state, "operation", "sync", default={}), revisions)
    return {**operation, "info": [taken]}


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


def _place(reference: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(reference.get(part) or "") for part in ("group", "kind", "namespace", "name"))


def _heals_so_far(state: Mapping[str, Any], now: datetime) -> int:
    """How often in a row there were heals; a long peace is forgotten."""
    count = manifests.get(state, "operation", "sync", "autoHealAttemptsCount", default=0)
    finished = state.get("finishedAt")
    if not count or not finished:
        return 0
    peace_seconds = (now - clocks.parse_rfc3339(str(finished))).total_seconds()
    waited = TRUCE_SECONDS if int(count) >= MOST_HEALS else SELF_HEAL.max_duration_seconds
    return 0 if peace_seconds > waited + (0 if int(count) < FIGHT_HEALS else GRACE_SECONDS) else int(count)


def _contested(drifted: Sequence[Change], healed: Collection[tuple[str, ...]]) -> str:
    """The objects and fields of a fight, and what a person can do about it."""
    fought = [change for change in drifted if _place(_reference(change)) in healed]
    named = [f"{one.key} ({', '.join(one.paths[:FIELDS_NAMED]) or 'deleted'})" for one in fought[:OBJECTS_NAMED]]
    more = f" and {len(fought) - OBJECTS_NAMED} more" if len(fought) > OBJECTS_NAMED else ""
    return (
        f"somebody else changes {', '.join(named)}{more} after every self-heal; let one side win: take the field out "
        "of Git, list it in spec.ignoreDifferences, or stop the other controller"
    )


def _heal_wait_seconds(state: Mapping[str, Any], attempts: int, now: datetime) -> float:
    """A few heals are immediate; a fight with another controller slows down instead of spinning."""
    if attempts < FREE_HEALS:
        return 0.0
    if attempts >= MOST_HEALS:
        return _left_seconds(state, TRUCE_SECONDS, now)
    return _left_seconds(state, SELF_HEAL.delay_seconds(attempts - FREE_HEALS), now)


def _left_seconds(state: Mapping[str, Any], delay_seconds: float, now: datetime) -> float:
    """What is left of a wait that began when the operation ended, never more than the wait itself.

    A clock may have been set back since: an end further ahead than the wait is long says nothing, and nobody waits
    for it.
    """
    since = (now - clocks.parse_rfc3339(str(state["finishedAt"]))).total_seconds()
    if since < -delay_seconds:
        return 0.0
    return max(0.0, delay_seconds - max(0.0, since))


def _would_wipe_out(changes: ChangeSet) -> bool:
    objects = [change for change in changes.changes if not change.hook]
    return bool(objects) and all(change.requires_pruning for change in objects)


def _revision(application: Application, revisions: Sequence[str]) -> dict[str, Any]:
    if application.is_multi_source:
        return {"revisions": list(revisions)}
    return {"revision": revisions[0]} if revisions else {}


def _short(revisions: Sequence[str]) -> str:
    return "[" + ", ".join(one[:12] for one in revisions) + "]"
