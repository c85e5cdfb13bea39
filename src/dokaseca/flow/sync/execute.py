"""Carries out a plan, one step per call: resumable, and it never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dokaseca.flow.sync import hooks, options, progress, write
from dokaseca.flow.sync.ledger import Ledger
from dokaseca.flow.sync.progress import Doors, Wait
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, NotFoundError, TransientError
from dokaseca.model.health import Health
from dokaseca.model.plan import (
    CRD,
    DELETION_APPROVED,
    OperationPhase,
    Phase,
    ResultCode,
    SyncPlan,
    SyncReport,
    Task,
    TaskResult,
    defined_kind,
)

__all__ = ["Doors", "step"]

PARALLEL = 8  # writes in flight per Application; more only queues up in the API server
REVISIT_SECONDS = 30.0  # Argo CD: running operations are looked at again at least this often
SOON_SECONDS = 1.0  # what no watch tells of: a CRD being established, a name becoming free
NAMED = 3  # objects named in a message


@dataclass(slots=True)
class _Ran:
    """What came of some tasks: results, what the others wait for, and why the cluster could not be asked further."""

    results: list[TaskResult] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    unreachable: TransientError | None = None

    def add(self, later: _Ran) -> None:
        self.results += later.results
        self.waits += later.waits
        self.unreachable = self.unreachable or later.unreachable

    @property
    def may_go_on(self) -> bool:
        return not self.waits and self.unreachable is None


async def step(plan: SyncPlan, report: SyncReport, doors: Doors) -> SyncReport:
    """Do everything that can be done now.

    Args:
        report: what earlier calls have done; start with phase Running and no results.

    Returns:
        Running with `waiting_on` while objects must become healthy or vanish first, else a final phase.

    Raises:
        TransientError: the cluster does not answer and nothing was done; call again with the same report.
    """
    if plan.problems:
        return _ended(report, OperationPhase.FAILED, "nothing was applied: " + _listed(plan.problems))
    ledger = Ledger(report)
    for group in () if ledger.failed else _steps(plan, Phase.SYNC_FAIL, wanted=False):
        waits = await _advance(group, plan, ledger, doors)
        if waits and not ledger.refused:
            return _waiting(ledger.report(), waits)
        if ledger.failed:
            break
    report = ledger.report()
    if ledger.failed:
        return await _wind_up(plan, report, doors)
    left, waits = await _clean_hooks(plan, report, doors, hooks.SUCCEEDED)
    if waits:
        return _waiting(report, waits)
    done = "successfully synced (all tasks run)" if plan.tasks else "successfully synced (no more tasks)"
    return _ended(report, OperationPhase.SUCCEEDED, done + left)


async def _wind_up(plan: SyncPlan, report: SyncReport, doors: Doors) -> SyncReport:
    """After a failure: the SyncFail hooks run to their end, then the operation is over."""
    ledger = Ledger(report)
    for group in () if plan.request.dry_run else _steps(plan, Phase.SYNC_FAIL, wanted=True):
        waits = await _advance(group, plan, ledger, doors)
        if waits:
            return _waiting(ledger.report(), waits)
    report = ledger.report()
    left, waits = await _clean_hooks(plan, report, doors, hooks.FAILED)
    if waits:
        return _waiting(report, waits)
    refused = [f"{one.key}: {one.message}" for one in report.results if one.code is ResultCode.SYNC_FAILED]
    ended_badly = [
        f"{'hook ' if one.is_hook else ''}{one.key} failed: {one.message}"
        for one in report.results
        if one.hook_phase == "Failed"
    ]
    what = "objects failed to apply" if refused else "synchronization tasks completed unsuccessfully"
    message = f"one or more {what}, reason: {_listed([*refused, *ended_badly])}"
    return _ended(report, OperationPhase.FAILED, message + left)


async def _advance(group: Sequence[Task], plan: SyncPlan, ledger: Ledger, doors: Doors) -> list[Wait]:
    todo = [task for task in group if ledger.get_or_none(task.place) is None]
    ran = await _run(group, todo, plan, doors) if todo else _Ran()
    if ran.unreachable is not None and not ran.results:
        raise ran.unreachable
    ledger.add(ran.results)
    if ran.unreachable is not None:
        rest = [task.key for task in todo if ledger.get_or_none(task.place) is None]
        return [*(Wait(progress.ANSWER, key) for key in rest), *ran.waits]
    try:
        waits = await progress.look(group, plan, ledger, doors, fresh=bool(ran.results))
    except TransientError:
        if not ran.results:
            raise
        waits = [Wait(progress.ANSWER, task.key) for task in todo]
    return [*ran.waits, *waits]


async def _run(group: Sequence[Task], todo: Sequence[Task], plan: SyncPlan, doors: Doors) -> _Ran:
    """Applies first, then prunes, if all went well: what is to be replaced goes only once its replacement stands.

    Consecutive tasks of one kind run in parallel; one refusal does not stop the other applies.
    """
    ran = _Ran()
    undone = {task.place for task in todo}
    for batch in _batches(task for task in group if not task.is_prune):
        made = await _in_parallel([task for task in batch if task.place in undone], plan, doors)
        made.waits += await _unestablished(batch, made, plan, doors)
        ran.add(made)
        if not made.may_go_on:
            return ran
    if any(result.code is ResultCode.SYNC_FAILED for result in ran.results):
        return ran
    prunes = [task for task in todo if task.is_prune]
    for batch in _batches(task for task in prunes if not task.needs_approval):
        ran.add(await _in_parallel(batch, plan, doors))
    ran.waits += [Wait(progress.APPROVAL, task.key) for task in prunes if task.needs_approval]
    return ran


def _batches(tasks: Iterable[Task]) -> list[list[Task]]:
    batches: list[list[Task]] = []
    for task in tasks:
        if batches and batches[-1][-1].key.group_kind == task.key.group_kind:
            batches[-1].append(task)
        else:
            batches.append([task])
    return batches


async def _in_parallel(batch: Sequence[Task], plan: SyncPlan, doors: Doors) -> _Ran:
    ran = _Ran()
    for start in range(0, len(batch), PARALLEL):
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(_one(task, plan, doors), name=f"sync {task.key}")
                for task in batch[start : start + PARALLEL]
            ]
        for one in running:
            ran.add(one.result())
        if ran.unreachable is not None:
            return ran
    return ran


async def _one(task: Task, plan: SyncPlan, doors: Doors) -> _Ran:
    try:
        if task.is_prune:
            return _Ran([await write.prune(task, plan.request, doors.cluster)])
        applied = await write.apply(task, plan.request, doors.cluster)
        return _Ran([applied]) if applied else _Ran(waits=[Wait(progress.DELETION, task.key)])
    except DokaSecaError as error:
        if isinstance(error, TransientError) and error.reason == "ClusterUnreachable":
            return _Ran(unreachable=error)
        unchecked = _unchecked(task, plan, error) if plan.request.dry_run else ""
        if unchecked:
            return _Ran([write.result(task, ResultCode.SYNCED, f"not checked: {unchecked}")])
        origin = f" ({task.origin})" if task.origin else ""
        return _Ran([write.result(task, ResultCode.SYNC_FAILED, f"{error.message}{origin}")])


def _unchecked(task: Task, plan: SyncPlan, error: DokaSecaError) -> str:
    """Why a dry run cannot tell what the cluster will say of an object: what it needs comes with this very sync."""
    if error.reason == "NoKindMatch":
        if task.key.group_kind in plan.defined:
            return "this sync defines its kind"
        skips = options.is_on(task.target, "SkipDryRunOnMissingResource", plan.request.options)
        return "the cluster does not serve its kind yet" if skips else ""
    if isinstance(error, NotFoundError) and task.key.namespace in plan.namespaces:
        return f"this sync creates namespace {task.key.namespace}"
    return ""


async def _unestablished(batch: Sequence[Task], made: _Ran, plan: SyncPlan, doors: Doors) -> list[Wait]:
    """CRDs of the batch that the server does not serve yet, of those that objects of this plan need."""
    if batch[0].key.group_kind != CRD or plan.request.dry_run or not made.may_go_on:
        return []
    refused = {result.key for result in made.results if result.code is ResultCode.SYNC_FAILED}
    waits: list[Wait] = []
    for task in batch:
        if defined_kind(task.target or {}) not in plan.kinds or task.key in refused:
            continue
        try:
            live = await doors.cluster.get(manifests.gvk(task.target or {}), "", task.key.name)
        except DokaSecaError:
            waits.append(Wait(progress.ESTABLISHMENT, task.key))
            continue
        verdict = doors.assess(live)
        if verdict is not None and verdict.status is Health.PROGRESSING:
            waits.append(Wait(progress.ESTABLISHMENT, task.key))
    return waits


async def _clean_hooks(plan: SyncPlan, report: SyncReport, doors: Doors, policy: str) -> tuple[str, list[Wait]]:
    """Remove hooks that ran and whose policy asks for it; a note on those that may not be, and which to try again."""
    ran = {result.place for result in report.results if result.is_hook}
    left: list[str] = []
    waits: list[Wait] = []
    for task in plan.tasks:
        is_wanted = task.is_hook and task.place in ran and not plan.request.dry_run
        if is_wanted and policy in hooks.delete_policies(task.target or {}):
            try:
                await write.delete(doors.cluster, task.target or {}, "Background")
            except TransientError:
                waits.append(Wait(progress.REMOVAL, task.key))
            except DokaSecaError as error:
                left.append(f"{task.key}: {error.message}")
    return f"; hooks that could not be removed: {_listed(left)}" if left else "", waits


def _steps(plan: SyncPlan, phase: Phase, *, wanted: bool) -> list[list[Task]]:
    """The tasks of that phase, or of all others, a list per step in order."""
    groups: dict[tuple[int, int], list[Task]] = {}
    for task in plan.tasks:
        if (task.phase is phase) == wanted:
            groups.setdefault(task.step, []).append(task)
    return [groups[key] for key in sorted(groups)]


def _waiting(report: SyncReport, waits: Sequence[Wait]) -> SyncReport:
    first = waits[0].what
    names = [str(wait.key) for wait in waits if wait.what == first]
    hint = f"; set annotation {DELETION_APPROVED} of the Application to the time" if first == progress.APPROVAL else ""
    others = len(waits) - len(names)
    return replace(
        report,
        phase=OperationPhase.RUNNING,
        message=f"waiting for {first} {_listed(names, ', ')}{hint}" + (f"; {others} more things" if others else ""),
        waiting_on=tuple(wait.key for wait in waits),
        retry_after_seconds=SOON_SECONDS if first in progress.UNWATCHED else REVISIT_SECONDS,
    )


def _ended(report: SyncReport, phase: OperationPhase, message: str) -> SyncReport:
    return replace(report, phase=phase, message=message, waiting_on=(), retry_after_seconds=None)


def _listed(items: Sequence[str], separator: str = "; ") -> str:
    more = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return separator.join(items[:NAMED]) + more
