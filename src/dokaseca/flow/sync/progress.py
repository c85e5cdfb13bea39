"""How the objects of a step are doing after they were written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from dokaseca.flow.sync.ledger import Ledger
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import ResultCode, SyncPlan, Task, TaskResult
from dokaseca.ports.cluster import Cluster

TASKS_AT_A_TIME = 100  # then others get their turn: a look at one may take a tenth of a millisecond
IDENTITY_FIELDS = 3  # apiVersion, kind, metadata: all that is kept in memory of an object that nobody tracks


@dataclass(frozen=True, slots=True)
class Doors:
    """What a step may touch."""

    cluster: Cluster
    live: Callable[[ObjectKey], Manifest | None]
    assess: Callable[[Manifest], Verdict | None]
    now: Callable[[], datetime]


class Wait(NamedTuple):
    """What a step waits for, in words for the message, and of which object."""

    what: str
    key: ObjectKey


HEALTH, HOOK = "healthy state of", "completion of hook"
DELETION, APPROVAL, REMOVAL = "deletion of", "approval of the pruning of", "removal of hook"
ESTABLISHMENT, ANSWER = "establishment of", "an answer of the cluster on"
UNWATCHED = frozenset({DELETION, REMOVAL, ESTABLISHMENT, ANSWER})  # no event tells when these are over


async def look(group: Sequence[Task], plan: SyncPlan, ledger: Ledger, doors: Doors, *, fresh: bool) -> list[Wait]:
    """What of a step is still under way; hooks that have ended, and objects that went bad, get their result.

    Args:
        fresh: something was written just now: a bad verdict may be older than that.

    Raises:
        TransientError: the cluster does not answer; what was seen until then is in the ledger.
    """
    waits: list[Wait] = []
    for number, task in enumerate(group, 1):
        if number % TASKS_AT_A_TIME == 0:
            await asyncio.sleep(0)
        result = ledger.get_or_none(task.place)
        if result is None or result.code in (ResultCode.SYNC_FAILED, ResultCode.PRUNE_SKIPPED) or plan.request.dry_run:
            continue
        if task.is_hook:
            result = await _hook(task, result, doors)
            ledger.add([result])
            waits += [Wait(HOOK, task.key)] if result.hook_phase == "Running" else []
        elif not plan.is_multi_step:
            continue
        elif task.is_prune:
            waits += [Wait(DELETION, task.key)] if _is_still_there(task, doors) else []
        else:
            result, ready = await _object(task, result, doors, fresh=fresh)
            ledger.add([result])
            waits += [] if ready else [Wait(HEALTH, task.key)]
    return waits


async def _hook(task: Task, result: TaskResult, doors: Doors) -> TaskResult:
    if result.hook_phase != "Running":
        return result
    live = await read_or_none(task, doors)
    if live is None:
        return replace(result, hook_phase="Failed", message="the hook vanished before its result was seen")
    verdict = doors.assess(live)
    if verdict is None or verdict.status is Health.HEALTHY:
        return replace(result, hook_phase="Succeeded", message=(verdict.message if verdict else "") or result.message)
    if verdict.status in (Health.DEGRADED, Health.UNKNOWN):
        return replace(result, hook_phase="Failed", message=verdict.message or result.message)
    return result


async def _object(task: Task, result: TaskResult, doors: Doors, *, fresh: bool) -> tuple[TaskResult, bool]:
    """The result and whether the object is ready: healthy, or of a kind without a health rule."""
    live = await read_or_none(task, doors)
    if live is None:
        return replace(result, hook_phase="Failed", message="the object was deleted while the sync was running"), True
    verdict = doors.assess(live)
    if verdict is None or verdict.status in (Health.HEALTHY, Health.SUSPENDED):
        return result, True
    if verdict.status is Health.DEGRADED and not fresh:
        return replace(result, hook_phase="Failed", message=verdict.message or "the object is degraded"), True
    return result, False


def _is_still_there(task: Task, doors: Doors) -> bool:
    live = doors.live(task.key)
    return live is not None and manifests.uid(live) == manifests.uid(task.live or {})


async def read_or_none(task: Task, doors: Doors) -> Manifest | None:
    """The live object in full, asked for when it is not followed or only its identity is kept.

    Raises:
        TransientError: the cluster does not answer.
    """
    live = doors.live(task.key)
    if live is not None and len(live) > IDENTITY_FIELDS:
        return live
    try:
        return await doors.cluster.get(manifests.gvk(task.target or {}), task.key.namespace, task.key.name)
    except NotFoundError:
        return None
    except UserError:  # NoKindMatch: its kind has gone, and the object with it
        return None
