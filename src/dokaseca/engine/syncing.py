"""Sync for one Application: decide, record the intent, act, record the result."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dokaseca.engine import auditing, dependencies, operations, permitting, progress, underway
from dokaseca.engine.context import Context
from dokaseca.engine.live_state import LiveState
from dokaseca.engine.observed import ObservedCluster
from dokaseca.engine.permitting import Permitted
from dokaseca.engine.result import Advance
from dokaseca.engine.targets import Targets
from dokaseca.flow.diff import respect
from dokaseca.flow.render.request import ResolvedSource
from dokaseca.flow.sync import execute, hooks, inventory, options, outcome, plan, write
from dokaseca.kit import clock as clocks
from dokaseca.kit.clock import rfc3339
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.change import Change, ChangeSet
from dokaseca.model.condition import Condition
from dokaseca.model.errors import ConflictError, DeniedError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import OperationPhase, SyncPlan, SyncReport, SyncRequest, TaskResult
from dokaseca.policy import gate, windows
from dokaseca.ports.cluster import Cluster

SCRIPT_SECONDS = 0.5  # after which a step is looked at again that lacked what a health script says
PLANNED_AT_ONCE = 500  # objects, at a fiftieth of a millisecond each; more are planned in a thread
WINDOW_SECONDS = 600.0  # a clock may be set: nobody trusts a far moment
DEPENDENCY_SECONDS = 60.0  # a change of the other Application wakes this one; this is the safety net
TIMEOUT = "controller.sync.timeout.seconds"  # of argocd-cmd-params-cm; 0, or absent: none (Argo CD: B8)
NO_KIND = "no matches for kind"  # how every Kubernetes client says that a definition is missing


async def advance(
    application: Application,
    permitted: Permitted,
    sources: tuple[ResolvedSource, ...],
    targets: Targets,
    changes: ChangeSet,
    context: Context,
) -> Advance:
    """Do the next thing that the Application's sync policy or a person asks for; never wait.

    The intent is recorded before the cluster is touched, so that a killed process resumes instead of forgetting.
    """
    revisions = [source.revision for source in sources]
    state = underway.operation_state(application)
    cured = _lacked_a_kind(state) and not targets.missing_kinds
    decision = operations.decide(application, changes, revisions, context.clock.now(), cured=cured)
    live = context.destinations.live(permitted.destination)
    if isinstance(decision, operations.Idle):
        notes = (Condition("SelfHealWarning", decision.contested),) if decision.contested else ()
        wait = decision.retry_after_seconds
        return Advance(state or None, sync_error=decision.sync_error, notes=notes, retry_after_seconds=wait)
    starts = isinstance(decision, operations.Start)
    if state.get("phase") == underway.TERMINATING or (not starts and _seconds_left(state, context) <= 0):
        return await _terminate(application, state, permitted, live, context)
    unmet = _unmet(application, decision, revisions, context)
    if unmet:
        note = Condition("DependencyWarning", unmet)
        return Advance(state or None, notes=(note,), retry_after_seconds=DEPENDENCY_SECONDS)
    operation = decision.operation if isinstance(decision, operations.Start) else state.get("operation") or {}
    request = SyncRequest.read(operation.get("sync") or {}, application)
    answer = window(application, permitted, operation, None if starts else state, context)
    if not answer.decision.allowed and not request.dry_run:
        return await _held(application, state, operation, revisions, answer, context)
    cluster, denial = await allowed(application, permitted, live, changes, request, context)
    if denial and underway.is_automated(operation):  # goes on as soon as the project allows it
        return Advance(state or None, sync_error=denial)
    if starts and underway.is_underway(application):
        await _give_way(application, state, cluster, live, context)
    if starts or underway.waits(state):
        context.progress.pop(application.key, None)
        state = _begun(application, operation, revisions, context) if starts else _tried_again(state)
    if starts:
        auditing.begin(application, state, context)
        await context.begin(application.key, state, [_touched(change) for change in changes.changes if not change.hook])
    if denial:
        return _ended(application, state, SyncReport(OperationPhase.FAILED, denial), context)
    before = context.progress.get(application.key) or progress.restored(state)
    revisions = underway.synced_revisions(application, state.get("syncResult") or {})

    def planned() -> SyncPlan:
        return plan.plan(
            _respecting(progress.as_begun(changes, before), request, application),
            request,
            revision=revisions[0] if revisions else "",
            started_at_seconds=int(clocks.parse_rfc3339(str(state["startedAt"])).timestamp()),
            origins=targets.origins,
        )

    many = len(changes.changes) > PLANNED_AT_ONCE
    tasks = await asyncio.to_thread(planned) if many else planned()
    missed: list[Manifest] = []
    report = await execute.step(tasks, before, _doors(cluster, live, context, missed))
    if missed and report.phase is OperationPhase.RUNNING:
        await context.health.prepare(missed)
        report = replace(report, retry_after_seconds=SCRIPT_SECONDS)
    return _reported(application, state, report, context)


def _unmet(application: Application, decision: operations.Decision, revisions: list[str], context: Context) -> str:
    """Which Application must come first; a request of a person and the healing of single objects do not wait."""
    if not isinstance(decision, operations.Start) or not underway.is_automated(decision.operation):
        return ""
    if manifests.get(decision.operation, "sync", "resources"):
        return ""
    return dependencies.why_not(application.manifest, revisions, context.applications)


def window(
    application: Application,
    permitted: Permitted,
    operation: Mapping[str, Any],
    running: Mapping[str, Any] | None,
    context: Context,
) -> windows.Answer:
    """What the project's sync windows say; `running` is the state of an operation that began before."""
    place = permitted.destination
    started = clocks.parse_rfc3339(str(running["startedAt"])) if running and running.get("startedAt") else None
    return windows.permits(
        permitted.project,
        windows.Subject(application.key.name, application.destination.namespace, (place.name, place.server)),
        context.clock.now(),
        manual=not underway.is_automated(operation),
        started_at=started,
    )


async def _held(
    application: Application,
    state: Mapping[str, Any],
    operation: Mapping[str, Any],
    revisions: list[str],
    answer: windows.Answer,
    context: Context,
) -> Advance:
    """Outside of the windows nothing is begun by the sync policy; what runs or was asked for waits (Argo CD: B14)."""
    wait = None
    if answer.changes_at is not None:
        wait = max(1.0, min(WINDOW_SECONDS, (answer.changes_at - context.clock.now()).total_seconds()))
    notes = (Condition("SyncWindowWarning", answer.decision.reason),)
    is_asked = underway.requested_or_none(application) is not None
    begins = operation is not state.get("operation")
    if not is_asked and (begins or not underway.is_underway(application)):
        return Advance(state or None, notes=notes, retry_after_seconds=wait)
    if underway.waits(state) and not is_asked:
        return Advance(state, notes=notes, retry_after_seconds=wait)
    if is_asked:
        context.progress.pop(application.key, None)
        state = _begun(application, operation, revisions, context)
        auditing.begin(application, state, context)
        await context.begin(application.key, state, list(application.status.get("resources") or ()))
    return Advance({**state, "message": answer.decision.reason}, acted=True, notes=notes, retry_after_seconds=wait)


def _respecting(changes: ChangeSet, request: SyncRequest, application: Application) -> ChangeSet:
    """The changes with ignored fields as the cluster has them, where `RespectIgnoreDifferences=true`."""
    entries = application.ignore_differences
    if "RespectIgnoreDifferences=true" not in request.options or not entries:
        return changes

    def kept(change: Change) -> Change:
        if change.target is None or change.live is None or change.hook:
            return change
        whole = options.is_on(change.target, "Replace", request.options)
        return replace(change, target=respect.target(change.target, change.live, entries, whole=whole))

    return ChangeSet(tuple(kept(change) for change in changes.changes))


def _lacked_a_kind(state: Mapping[str, Any]) -> bool:
    """Whether the last attempt failed because the cluster did not serve the kind of an object."""
    results = (state.get("syncResult") or {}).get("resources") or ()
    return any(one.get("status") == "SyncFailed" and NO_KIND in str(one.get("message")) for one in results)


def _seconds_left(state: Mapping[str, Any], context: Context) -> float:
    """What is left of the time that an operation may take, retries and their waits included."""
    limit = context.settings().seconds(TIMEOUT)
    if not limit:
        return math.inf
    return limit - (context.clock.now() - clocks.parse_rfc3339(str(state["startedAt"]))).total_seconds()


def _reported(application: Application, state: Mapping[str, Any], report: SyncReport, context: Context) -> Advance:
    if report.phase is not OperationPhase.RUNNING:
        return _ended(application, state, report, context)
    context.progress[application.key] = report
    asked = report.retry_after_seconds
    wait = min(math.inf if asked is None else asked, _seconds_left(state, context))
    return Advance(
        {**state, "message": report.message, "syncResult": _result(state, report)},
        acted=True,
        retry_after_seconds=wait if wait < math.inf else None,
    )


async def _give_way(
    application: Application, state: Mapping[str, Any], cluster: Cluster, live: LiveState, context: Context
) -> None:
    """An operation ends because another takes its place: its hooks that have ended must not pass for the other's."""
    report = context.progress.get(application.key) or progress.restored(state)
    for one in report.results:
        hook = live.get_or_none(one.key) if one.is_hook else None
        if hook is not None and hooks.delete_policies(hook) & {hooks.SUCCEEDED, hooks.FAILED}:
            await write.delete(cluster, hook, "Background")
    auditing.superseded(application, state, context)


def _doors(cluster: Cluster, live: LiveState, context: Context, missed: list[Manifest]) -> execute.Doors:
    return execute.Doors(
        cluster=ObservedCluster(cluster, live.observe, live.observe_gone),
        live=live.get_or_none,
        assess=lambda one: context.health.assess(one, missed),
        now=context.clock.now,
    )


async def allowed(
    application: Application,
    permitted: Permitted,
    live: LiveState,
    changes: ChangeSet,
    request: SyncRequest,
    context: Context,
) -> tuple[Cluster, str]:
    """The cluster as the sync writes to it, and why the sync may not run; empty when it may."""
    try:
        cluster = permitting.acting(application, permitted.project, live, context)
    except (DeniedError, UserError) as error:
        return live.cluster, error.message
    return cluster, await _denial(application, permitted, live, changes, request)


async def _denial(
    application: Application, permitted: Permitted, live: LiveState, changes: ChangeSet, request: SyncRequest
) -> str:
    """Why the sync may not run; empty when it may."""
    place = await permitting.place(permitted.destination, live.cluster)
    allowed = gate.allow(changes, permitted.project, place)
    if not allowed.allowed:
        return allowed.reason
    if "FailOnSharedResource=true" not in request.options:
        return ""
    for change in changes.changes:
        owner = inventory.owner_or_none(change.live) if change.live is not None and change.target is not None else None
        if owner not in (None, application.instance):
            return f"Shared resource found: {change.key} is part of Application {owner}"
    return ""


async def _terminate(
    application: Application,
    state: Mapping[str, Any],
    permitted: Permitted,
    live: LiveState,
    context: Context,
) -> Advance:
    """End the operation: somebody asked, or its time is over. Hooks that run are deleted, what was applied stays."""
    is_asked = state.get("phase") == underway.TERMINATING
    why = "" if is_asked else f": it took longer than {TIMEOUT} says"
    report = context.progress.get(application.key) or progress.restored(state)
    results: list[TaskResult] = []
    for one in report.results:
        if one.is_hook and one.hook_phase == "Running":
            await _delete(one, permitting.acting(application, permitted.project, live, context))
            one = replace(one, hook_phase="Failed")
        results.append(one)
    ended = replace(report, phase=OperationPhase.FAILED, message=f"Operation terminated{why}", results=tuple(results))
    return _ended(application, {**state, "phase": underway.TERMINATING}, ended, context)


async def _delete(hook: TaskResult, cluster: Cluster) -> None:
    key = hook.key
    try:
        await cluster.delete(GroupVersionKind(key.group, hook.version, key.kind), key.namespace, key.name)
    except (NotFoundError, ConflictError):  # it has gone by itself
        return


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


def _tried_again(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of an operation whose wait for a retry is over: it begins with nothing done."""
    result = {name: value for name, value in (state.get("syncResult") or {}).items() if name != "resources"}
    return {**{name: value for name, value in state.items() if name != "finishedAt"}, "syncResult": result}


def _touched(change: Change) -> dict[str, Any]:
    """What a deletion must find again, should the process die before the next status is written."""
    key = change.key
    found = {"group": key.group, "version": change.version, "kind": key.kind, "namespace": key.namespace}
    found |= {"name": key.name, "status": change.status.value}
    return {name: value for name, value in found.items() if value}


def _ended(application: Application, state: Mapping[str, Any], report: SyncReport, context: Context) -> Advance:
    """Close the operation, or schedule its retry."""
    context.progress.pop(application.key, None)
    now, attempt = context.clock.now(), int(state.get("retryCount") or 0)
    ended = {
        **state,
        "phase": report.phase.value,
        "message": report.message,
        "finishedAt": rfc3339(now),
        "syncResult": _result(state, report),
    }
    operation = state["operation"]
    automated = underway.is_automated(operation)
    retry = underway.retry_of(operation, application)
    failed = report.phase in (OperationPhase.FAILED, OperationPhase.ERROR)
    if failed and state.get("phase") != underway.TERMINATING and (retry.limit < 0 or attempt < retry.limit):
        delay = retry.delay_seconds(attempt)
        message = f"{report.message}. Retrying attempt #{attempt + 1} in {delay:g} s."
        waiting = {**ended, "phase": OperationPhase.RUNNING.value, "message": message, "retryCount": attempt + 1}
        return Advance(
            waiting,
            acted=True,
            sync_error=message if automated else "",
            retry_after_seconds=delay,
            counts=outcome.counts(report),
        )
    sync = operation.get("sync") or {}
    lasting = report.phase is OperationPhase.SUCCEEDED and not sync.get("dryRun") and not sync.get("resources")
    revisions = underway.synced_revisions(application, state.get("syncResult") or {})
    return Advance(
        ended,
        acted=True,
        finished=True,
        history=_history(state, rfc3339(now)) if lasting else None,
        sync_error=operations.failure(revisions, report.message) if failed and automated else "",
        counts=outcome.counts(report),
    )


def _result(state: Mapping[str, Any], report: SyncReport) -> dict[str, Any]:
    return {**(state.get("syncResult") or {}), "resources": outcome.resources(report)}


def _history(state: Mapping[str, Any], deployed_at: str) -> dict[str, Any]:
    """A history entry without its id, which depends on the entries before it."""
    pinned = {name: value for name, value in state["syncResult"].items() if name != "resources"}
    initiated = state["operation"].get("initiatedBy") or {}
    return {**pinned, "deployedAt": deployed_at, "deployStartedAt": state["startedAt"], "initiatedBy": initiated}
