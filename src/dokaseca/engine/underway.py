"""Where an Application's operation stands, read from its `operation` and `status.operationState`. Pure.

Both lie in the Application, as Argo CD keeps them, so that a process that dies between two steps leaves everything that
the next one needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dokaseca.flow.sync.progress import APPROVAL, HEALTH
from dokaseca.kit import clock as clocks
from dokaseca.kit import durations
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application, Retry, Source
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

RUNNING_PHASES = ("Running", "Terminating")
TERMINATING = "Terminating"
PATIENT = (f"waiting for {HEALTH}", f"waiting for {APPROVAL}")  # how messages of operations begin that only wait


def operation_state(application: Application) -> Mapping[str, Any]:
    """`status.operationState`, empty before the first operation."""
    value = application.status.get("operationState")
    return value if isinstance(value, dict) else {}


def is_underway(application: Application) -> bool:
    """Whether an operation runs, waits for its retry or is being terminated."""
    return operation_state(application).get("phase") in RUNNING_PHASES


def is_automated(operation: Mapping[str, Any]) -> bool:
    """Whether nobody asked for the operation: the sync policy did."""
    return manifests.get(operation, "initiatedBy", "automated") is True


def requested_or_none(application: Application) -> Mapping[str, Any] | None:
    """The operation that somebody asks for and that has not begun; one may be asked for while another runs."""
    asked = application.operation
    if asked is None or (is_underway(application) and asked == operation_state(application).get("operation")):
        return None
    return asked


def synced_revisions(application: Application, result: Mapping[str, Any]) -> list[str]:
    """The revisions in a `syncResult` or history entry, one per source."""
    many = result.get("revisions")
    if application.is_multi_source or many:
        return [str(one) for one in many or ()]
    return [str(result["revision"])] if result.get("revision") else []


def waits(state: Mapping[str, Any]) -> bool:
    """Whether an operation waits for its retry: it has ended and still counts as running."""
    return state.get("phase") == "Running" and bool(state.get("finishedAt")) and bool(state.get("retryCount"))


def may_be_replaced(application: Application) -> bool:
    """Whether what runs is an automated sync that only waits, so that a newer commit may take its place.

    A hook that runs is never left behind: it ends, or is ended, by the rules of its own operation. Where a RollingSync
    began the sync, it says when the newer commit's turn is.
    """
    state = operation_state(application)
    if state.get("phase") != "Running" or waits(state) or application.automated is None:
        return False
    if not is_automated(state.get("operation") or {}) or requested_or_none(application) is not None:
        return False
    done = (state.get("syncResult") or {}).get("resources") or ()
    if any(one.get("hookType") and one.get("hookPhase") == "Running" for one in done):
        return False
    return str(state.get("message") or "").startswith(PATIENT)


def pinned(application: Application) -> list[str]:
    """The revisions that the next step must use, one per source; empty when `targetRevision` decides.

    An operation stays at the revisions that it began with. Only an automated one that waits for its retry looks again:
    a newer commit may be the cure.
    """
    if is_superseded(application):
        return synced_revisions(application, manifests.get(requested_or_none(application), "sync", default={}))
    state = operation_state(application)
    if not is_underway(application) or (waits(state) and is_automated(state.get("operation") or {})):
        return []
    return synced_revisions(application, state.get("syncResult") or {})


def effective(application: Application) -> Application:
    """The Application with the sources that count now: an operation keeps those that it began with, or that it names.

    A rollback names those of its history entry.
    """
    named: Mapping[str, Any] = {}
    state = operation_state(application)
    if is_superseded(application):
        named = manifests.get(requested_or_none(application), "sync", default={})
    elif is_underway(application) and not (waits(state) and is_automated(state.get("operation") or {})):
        named = state.get("syncResult") or {}
    sources = named.get("sources") or ([named["source"]] if named.get("source") else [])
    if not sources:
        return application
    return replace(
        application, sources=tuple(Source(one) for one in sources), is_multi_source=bool(named.get("sources"))
    )


def refused(application: Manifest, message: str, now: datetime, *, lasting: bool) -> dict[str, Any]:
    """The `operationState` of an operation that a pass could not work on; empty while it may still come to that.

    What a person asked for ends with an error that waiting does not cure. What the sync policy began goes on as soon as
    the cause is gone. A termination never waits.
    """
    state = manifests.get(application, "status", "operationState", default={})
    asked = application.get("operation") or {}
    is_running = state.get("phase") in RUNNING_PHASES
    if state.get("phase") == TERMINATING:
        return {**state, "phase": "Failed", "message": "Operation terminated", "finishedAt": clocks.rfc3339(now)}
    operation = state.get("operation") or {} if is_running else asked
    if not lasting or not operation or is_automated(operation):
        return {}
    begun = state if is_running else {"operation": operation, "startedAt": clocks.rfc3339(now)}
    return {**begun, "phase": "Error", "message": message, "finishedAt": clocks.rfc3339(now)}


def retry_of(operation: Mapping[str, Any], application: Application) -> Retry:
    """The retry policy of an operation: what it says itself, completed by the Application's.

    What a person asks for is tried once unless that person says otherwise.

    Raises:
        UserError: reason InvalidSpecError: the operation's retry is malformed.
    """
    policy, own = application.retry, operation.get("retry")
    if not isinstance(own, dict) or own.get("limit") is None:
        return policy if is_automated(operation) else replace(policy, limit=0)
    backoff = own.get("backoff") or {}
    try:
        return Retry(
            limit=int(own["limit"]),
            duration_seconds=_seconds(backoff.get("duration"), policy.duration_seconds),
            factor=float(backoff.get("factor") or policy.factor),
            max_duration_seconds=_seconds(backoff.get("maxDuration"), policy.max_duration_seconds),
        )
    except ValueError as error:
        raise UserError(
            f"operation.retry: {error}; correct the requested operation",
            reason="InvalidSpecError",
            subject=f"Application {application.key}",
        ) from error


def _seconds(written: Any, otherwise: float) -> float:
    return durations.parse_seconds(str(written)) if written else otherwise


def is_superseded(application: Application) -> bool:
    """Whether somebody asks for an operation that begins now: nothing runs, or what runs waits for its retry."""
    is_free = not is_underway(application) or waits(operation_state(application))
    return is_free and requested_or_none(application) is not None
