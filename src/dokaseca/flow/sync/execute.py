"""Carries out a plan, one step per call: resumable, and it never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dokaseca.flow.sync import hooks, options
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, DokaSecaError, NotFoundError, TransientError
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import OperationPhase, Phase, ResultCode, SyncPlan, SyncReport, Task, TaskResult
from dokaseca.ports.cluster import Cluster, Propagation

FIELD_MANAGER = "argocd-controller"
PARALLEL = 8  # writes in flight per Application; more only queues up in the API server
REVISIT_SECONDS = 30.0  # Argo CD: running operations are looked at again at least this often


@dataclass(frozen=True, slots=True)
class Doors:
    """What a step may touch."""

    cluster: Cluster
    live: Callable[[ObjectKey], Manifest | None]
    assess: Callable[[Manifest], Verdict | None]
    now: Callable[[], datetime]


async def step(plan: SyncPlan, report: SyncReport, doors: Doors) -> SyncReport:
    """Do everything that can be done now.

    Args:
        report: what earlier calls have done; start with phase Running and no results.

    Returns:
        Running with `waiting_on` while objects must become healthy or vanish first, else a final phase.

    Raises:
        TransientError: the cluster does not answer; call again with the same report.
    """
    failed = any(result.code is ResultCode.SYNC_FAILED for result in report.results)
    for group in _steps(plan, failed=failed):
        done = {(result.phase, result.key) for result in report.results}
        todo = [task for task in group if (task.phase, task.key) not in done]
        if todo:
            report = replace(report, results=report.results + await _run(todo, plan, doors))
            if any(result.code is ResultCode.SYNC_FAILED for result in report.results):
                return await _fail(plan, report, doors)
        report, waiting = _progress(group, report, doors)
        if any(result.hook_phase == "Failed" for result in report.results):
            return await _fail(plan, report, doors)
        if waiting and plan.is_multi_step:
            return _waiting(report, waiting)
    await _clean_hooks(plan, report, doors, succeeded=not failed)
    if failed:
        return _failed(report)
    return replace(
        report,
        phase=OperationPhase.SUCCEEDED,
        message="successfully synced (all tasks run)" if plan.tasks else "successfully synced (no more tasks)",
        waiting_on=(),
        retry_after_seconds=None,
    )


def _steps(plan: SyncPlan, *, failed: bool) -> list[list[Task]]:
    groups: dict[tuple[int, int], list[Task]] = {}
    for task in plan.tasks:
        if (task.phase is Phase.SYNC_FAIL) == failed:
            groups.setdefault(task.step, []).append(task)
    return [groups[key] for key in sorted(groups)]


async def _run(tasks: Sequence[Task], plan: SyncPlan, doors: Doors) -> tuple[TaskResult, ...]:
    """Prunes first, then applies; consecutive tasks of one kind in parallel. One refusal does not stop the others."""
    results: list[TaskResult] = []
    for batch in _batches(tasks):
        for start in range(0, len(batch), PARALLEL):
            part = batch[start : start + PARALLEL]
            try:
                async with asyncio.TaskGroup() as group:
                    running = [group.create_task(_one(task, plan, doors), name=str(task.key)) for task in part]
            except ExceptionGroup as errors:  # the cluster stopped answering: one of them says so as well as all
                raise errors.exceptions[0] from errors
            results += [one.result() for one in running]
    return tuple(results)


def _batches(tasks: Iterable[Task]) -> list[list[Task]]:
    batches: list[list[Task]] = []
    for task in tasks:
        last = batches[-1][-1] if batches else None
        if last is not None and last.key.group_kind == task.key.group_kind and last.is_prune == task.is_prune:
            batches[-1].append(task)
        else:
            batches.append([task])
    return batches


async def _one(task: Task, plan: SyncPlan, doors: Doors) -> TaskResult:
    try:
        if task.is_prune:
            return await _prune(task, plan, doors)
        return await _apply(task, plan, doors)
    except TransientError as error:
        if error.reason == "ClusterUnreachable":
            raise
        return _result(task, ResultCode.SYNC_FAILED, error.message)
    except DokaSecaError as error:
        return _result(task, ResultCode.SYNC_FAILED, error.message)


async def _apply(task: Task, plan: SyncPlan, doors: Doors) -> TaskResult:
    target = task.target or {}
    dry_run = plan.request.dry_run
    if task.is_hook and hooks.BEFORE_CREATION in hooks.delete_policies(target) and not dry_run:
        await _delete(doors.cluster, target, "Background")
    if options.is_on(target, "Replace", plan.request.options):
        await _replace(target, doors.cluster, force=options.has(target, "Force=true"), dry_run=dry_run)
    else:
        await _server_side_apply(target, doors.cluster, force=options.has(target, "Force=true"), dry_run=dry_run)
    said = "configured" if task.live is not None else "created"
    name = (
        f"{task.key.group_kind}/{task.key.name}".lower()
        if task.key.group
        else f"{task.key.kind.lower()}/{task.key.name}"
    )
    return _result(task, ResultCode.SYNCED, f"{name} {said}", hook_phase="Running" if task.is_hook else "")


async def _server_side_apply(target: Manifest, cluster: Cluster, *, force: bool, dry_run: bool) -> None:
    try:
        await cluster.apply(target, field_manager=FIELD_MANAGER, force=True, dry_run=dry_run)
    except DokaSecaError as error:
        if not force or error.reason not in ("Invalid", "Conflict") or dry_run:
            raise
        await _delete(cluster, target, "Foreground")
        await cluster.apply(target, field_manager=FIELD_MANAGER, force=True)


async def _replace(target: Manifest, cluster: Cluster, *, force: bool, dry_run: bool) -> None:
    gvk, namespace, name = manifests.gvk(target), manifests.namespace(target), manifests.name(target)
    try:
        live = await cluster.get(gvk, namespace, name)
    except NotFoundError:
        await cluster.create(target, dry_run=dry_run, field_manager=FIELD_MANAGER)
        return
    if force and not dry_run:
        await _delete(cluster, target, "Foreground")
        await cluster.create(target, field_manager=FIELD_MANAGER)
        return
    version = {"resourceVersion": manifests.resource_version(live)}
    await cluster.update(
        {**target, "metadata": {**manifests.metadata(target), **version}}, dry_run=dry_run, field_manager=FIELD_MANAGER
    )


async def _prune(task: Task, plan: SyncPlan, doors: Doors) -> TaskResult:
    if task.skip_reason:
        return _result(task, ResultCode.PRUNE_SKIPPED, task.skip_reason)
    if plan.request.dry_run:
        return _result(task, ResultCode.PRUNED, "pruned (dry run)")
    await _delete(doors.cluster, task.live or {}, _propagation(plan.request.options))
    return _result(task, ResultCode.PRUNED, "pruned")


async def _delete(cluster: Cluster, manifest: Manifest, propagation: Propagation) -> None:
    try:
        await cluster.delete(
            manifests.gvk(manifest),
            manifests.namespace(manifest),
            manifests.name(manifest),
            propagation=propagation,
            uid=manifests.uid(manifest),
        )
    except (NotFoundError, ConflictError):  # gone already, or another object by now bears the name
        return


def _progress(group: Sequence[Task], report: SyncReport, doors: Doors) -> tuple[SyncReport, list[ObjectKey]]:
    """What of this step is still under way; hooks that have ended get their result."""
    waiting: list[ObjectKey] = []
    results = {(result.phase, result.key): result for result in report.results}
    for task in group:
        result = results.get((task.phase, task.key))
        if result is None or result.code in (ResultCode.SYNC_FAILED, ResultCode.PRUNE_SKIPPED):
            continue
        live = doors.live(task.key)
        if task.is_prune:
            if live is not None and result.code is ResultCode.PRUNED:
                waiting.append(task.key)
        elif task.is_hook:
            ended = _hook_phase(live, doors)
            results[(task.phase, task.key)] = replace(result, hook_phase=ended)
            if ended == "Running":
                waiting.append(task.key)
        elif not _is_ready(live, doors):
            waiting.append(task.key)
    return replace(report, results=tuple(results.values())), waiting


def _hook_phase(live: Manifest | None, doors: Doors) -> str:
    verdict = doors.assess(live) if live is not None else Verdict(Health.PROGRESSING)
    if verdict is None or verdict.status is Health.HEALTHY:
        return "Succeeded"
    return "Failed" if verdict.status in (Health.DEGRADED, Health.UNKNOWN) else "Running"


def _is_ready(live: Manifest | None, doors: Doors) -> bool:
    """Healthy, or of a kind without a health rule; identity-only copies of untracked objects count as ready."""
    if live is None:
        return True
    verdict = doors.assess(live) if len(live) > len(("apiVersion", "kind", "metadata")) else None
    return verdict is None or verdict.status in (Health.HEALTHY, Health.SUSPENDED)


def _waiting(report: SyncReport, waiting: list[ObjectKey]) -> SyncReport:
    names = ", ".join(str(key) for key in waiting[:3]) + (f" and {len(waiting) - 3} more" if len(waiting) > 3 else "")
    return replace(
        report,
        phase=OperationPhase.RUNNING,
        message=f"waiting for healthy state of {names}",
        waiting_on=tuple(waiting),
        retry_after_seconds=REVISIT_SECONDS,
    )


async def _fail(plan: SyncPlan, report: SyncReport, doors: Doors) -> SyncReport:
    """Run the SyncFail hooks, then end the operation."""
    done = {(result.phase, result.key) for result in report.results}
    todo = [task for task in plan.tasks if task.phase is Phase.SYNC_FAIL and (task.phase, task.key) not in done]
    if todo and not plan.request.dry_run:
        report = replace(report, results=report.results + await _run(todo, plan, doors))
    await _clean_hooks(plan, report, doors, succeeded=False)
    return _failed(report)


def _failed(report: SyncReport) -> SyncReport:
    wrong = [result for result in report.results if result.code is ResultCode.SYNC_FAILED]
    hooks_failed = [result for result in report.results if result.hook_phase == "Failed"]
    reasons = [f"{result.key}: {result.message}" for result in wrong] + [
        f"hook {result.key} failed" for result in hooks_failed
    ]
    more = f" (and {len(reasons) - 3} more)" if len(reasons) > 3 else ""
    return replace(
        report,
        phase=OperationPhase.FAILED,
        message="one or more objects failed to apply, reason: " + "; ".join(reasons[:3]) + more,
        waiting_on=(),
        retry_after_seconds=None,
    )


async def _clean_hooks(plan: SyncPlan, report: SyncReport, doors: Doors, *, succeeded: bool) -> None:
    """Remove hooks whose policy asks for it, by the result of the whole sync."""
    wanted = hooks.SUCCEEDED if succeeded else hooks.FAILED
    ran = {(result.phase, result.key) for result in report.results if result.is_hook}
    for task in plan.tasks:
        if task.is_hook and (task.phase, task.key) in ran and wanted in hooks.delete_policies(task.target or {}):
            await _delete(doors.cluster, task.target or {}, "Background")


def _propagation(application: frozenset[str]) -> Propagation:
    for option in application:
        name, _, value = option.partition("=")
        if name == "PrunePropagationPolicy" and value in ("background", "orphan"):
            return "Background" if value == "background" else "Orphan"
    return "Foreground"


def _result(task: Task, code: ResultCode, message: str, *, hook_phase: str = "") -> TaskResult:
    version = manifests.gvk(task.target or task.live or {}).version
    return TaskResult(
        task.phase, task.key, version, code, message, task.is_hook, existed=task.live is not None, hook_phase=hook_phase
    )
