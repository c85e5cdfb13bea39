"""Sync for one Application: its operation, begun, moved one step, or ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokaseca.engine import operations
from dokaseca.engine.context import Context
from dokaseca.engine.live_state import LiveState
from dokaseca.engine.observed import ObservedCluster
from dokaseca.engine.permitting import Permitted
from dokaseca.engine.result import Advance
from dokaseca.flow.health import assess
from dokaseca.flow.render.request import ResolvedSource
from dokaseca.flow.sync import execute, outcome, plan
from dokaseca.kit import clock as clocks
from dokaseca.kit.clock import rfc3339
from dokaseca.model.application import Application
from dokaseca.model.change import ChangeSet
from dokaseca.model.plan import OperationPhase, SyncReport, SyncRequest
from dokaseca.policy import gate

TERMINATING = "Terminating"


async def advance(
    application: Application,
    permitted: Permitted,
    sources: tuple[ResolvedSource, ...],
    changes: ChangeSet,
    context: Context,
) -> Advance:
    """Do the next thing that the Application's sync policy or a person asks for; never wait.

    The intent is recorded before the cluster is touched, so that a killed process resumes instead of forgetting.
    """
    revisions = [source.revision for source in sources]
    decision = operations.decide(application, changes, revisions, context.clock.now())
    state = operations.operation_state(application)
    if isinstance(decision, operations.Idle):
        return Advance(state or None, sync_error=decision.sync_error, retry_after_seconds=decision.retry_after_seconds)
    if isinstance(decision, operations.Start):
        state = _begun(application, decision.operation, revisions, context)
        context.progress.pop(application.key, None)
        await context.begin(application.key, state)
    elif state.get("phase") == TERMINATING:
        return _ended(application, state, SyncReport(OperationPhase.FAILED, "Operation terminated"), context)
    elif state.get("finishedAt"):  # the wait before a retry is over
        state = {name: value for name, value in state.items() if name != "finishedAt"}
        context.progress.pop(application.key, None)
    return await _step(application, permitted, state, changes, context)


async def _step(
    application: Application, permitted: Permitted, state: Mapping[str, Any], changes: ChangeSet, context: Context
) -> Advance:
    live = context.destinations.live(permitted.destination)
    request = SyncRequest.read(state["operation"].get("sync") or {}, application)
    allowed = gate.allow(changes, permitted.project, await _scopes(live, changes))
    if not allowed.allowed:
        return _ended(application, state, SyncReport(OperationPhase.FAILED, allowed.reason), context)
    started_at = clocks.parse_rfc3339(str(state["startedAt"]))
    revisions = operations.synced_revisions(application, state["syncResult"])
    tasks = plan.plan(
        changes,
        request,
        revision=revisions[0] if revisions else "",
        started_at_seconds=int(started_at.timestamp()),
    )
    before = context.progress.get(application.key) or SyncReport(OperationPhase.RUNNING, "")
    doors = execute.Doors(
        cluster=ObservedCluster(live.cluster, live.observe),
        live=live.get_or_none,
        assess=assess.assess,
        now=context.clock.now,
    )
    report = await execute.step(tasks, before, doors)
    if report.phase is OperationPhase.RUNNING:
        context.progress[application.key] = report
        return Advance(
            {**state, "message": report.message, "syncResult": _result(state, report)},
            acted=True,
            retry_after_seconds=report.retry_after_seconds,
        )
    return _ended(application, state, report, context)


def _begun(
    application: Application, operation: Mapping[str, Any], revisions: list[str], context: Context
) -> dict[str, Any]:
    sources = [dict(source.spec) for source in application.sources]
    multi = application.is_multi_source
    result = {"revisions": revisions, "sources": sources} if multi else {"revision": revisions[0], "source": sources[0]}
    return {
        "operation": dict(operation),
        "phase": OperationPhase.RUNNING.value,
        "startedAt": rfc3339(context.clock.now()),
        "message": "",
        "syncResult": result,
    }


def _ended(application: Application, state: Mapping[str, Any], report: SyncReport, context: Context) -> Advance:
    """Close the operation, or schedule its retry."""
    context.progress.pop(application.key, None)
    now = context.clock.now()
    result = _result(state, report)
    ended = {
        **state,
        "phase": report.phase.value,
        "message": report.message,
        "finishedAt": rfc3339(now),
        "syncResult": result,
    }
    operation = state["operation"]
    retry, attempt = operations.retry_of(operation, application), int(state.get("retryCount") or 0)
    failed = report.phase in (OperationPhase.FAILED, OperationPhase.ERROR)
    if failed and state.get("phase") != TERMINATING and (retry.limit < 0 or attempt < retry.limit):
        delay = retry.delay_seconds(attempt)
        message = f"{report.message}. Retrying attempt #{attempt + 1} in {delay:.0f} s."
        waiting = {**ended, "phase": OperationPhase.RUNNING.value, "message": message, "retryCount": attempt + 1}
        return Advance(
            waiting, acted=True, sync_error=report.message, retry_after_seconds=delay, counts=outcome.counts(report)
        )
    sync = operation.get("sync") or {}
    lasting = report.phase is OperationPhase.SUCCEEDED and not sync.get("dryRun") and not sync.get("resources")
    return Advance(
        ended,
        acted=True,
        finished=True,
        history=_history(state, rfc3339(now)) if lasting else None,
        sync_error=report.message if failed else "",
        counts=outcome.counts(report),
    )


def _result(state: Mapping[str, Any], report: SyncReport) -> dict[str, Any]:
    return {**(state.get("syncResult") or {}), "resources": outcome.resources(report)}


def _history(state: Mapping[str, Any], deployed_at: str) -> dict[str, Any]:
    """A history entry without its id, which depends on the entries before it."""
    pinned = {name: value for name, value in state["syncResult"].items() if name != "resources"}
    initiated = state["operation"].get("initiatedBy") or {}
    return {**pinned, "deployedAt": deployed_at, "deployStartedAt": state["startedAt"], "initiatedBy": initiated}


async def _scopes(live: LiveState, changes: ChangeSet) -> Mapping[tuple[str, str], bool]:
    """Whether each kind of the change set is namespaced, by (group, kind), as the cluster's discovery says."""
    return {(one.group, one.kind): one.namespaced for one in await live.cluster.resources()}
