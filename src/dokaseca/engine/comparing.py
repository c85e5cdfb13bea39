"""Diff for one Application: what Git wants against what its cluster holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from dokaseca.engine.live_state import LiveState
from dokaseca.engine.permitting import Permitted
from dokaseca.engine.targets import Targets
from dokaseca.flow.diff import compare as diff
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.change import Change, ChangeSet
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest

AT_A_TIME = 200  # objects, at a twentieth of a millisecond each
CRD = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")


async def compare(application: Application, permitted: Permitted, targets: Targets, live: LiveState) -> ChangeSet:
    """Pair every target with its live object, and every tracked object with its target or none.

    Raises:
        TransientError: the cluster does not answer: unknown is never taken for absent.
        UserError: an ignoreDifferences expression is wrong.
    """
    definitions = [CRD] if targets.missing_kinds else []
    await live.follow([*targets.kinds, *definitions, *await kinds_of_last_time(application, live)])
    lives: dict[ObjectKey, Manifest] = dict(live.owned_by(application.instance))
    live.claim(
        application.instance,
        (key for key in targets.by_key if key not in lives),
        (gvk.group for gvk in targets.missing_kinds),
    )
    for number, key in enumerate(targets.by_key, 1):
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)
        found = lives.get(key) or await _read_or_none(live, key)
        if found is not None:
            lives[key] = found
    return await _in_parts(targets.by_key, lives, options(application))


async def _in_parts(
    targets: Mapping[ObjectKey, Manifest], lives: Mapping[ObjectKey, Manifest], how: diff.CompareOptions
) -> ChangeSet:
    """The comparison of everything; others get their turn in between."""
    keys = list(dict.fromkeys((*targets, *lives)))
    found: list[Change] = []
    for start in range(0, len(keys), AT_A_TIME):
        part = keys[start : start + AT_A_TIME]
        wanted = {key: targets[key] for key in part if key in targets}
        found += diff.compare(wanted, {key: lives[key] for key in part if key in lives}, how).changes
        await asyncio.sleep(0)
    return ChangeSet(tuple(sorted(found, key=lambda change: change.key)))


def options(application: Application) -> diff.CompareOptions:
    """What a comparison leaves out, as the Application says."""
    return diff.CompareOptions(application.ignore_differences)


async def kinds_of_last_time(application: Application, live: LiveState) -> list[GroupVersionKind]:
    """The kinds that the status lists: an object whose file has left Git must still be found after a restart."""
    status = application.status
    entries = [*(status.get("resources") or ()), *_synced_last(application)]
    listed = {
        GroupVersionKind(str(one.get("group") or ""), str(one.get("version") or ""), str(one.get("kind") or ""))
        for one in entries
    }
    found = [await _served_or_none(gvk, live) for gvk in sorted(listed)]
    return [gvk for gvk in found if gvk is not None]


def _synced_last(application: Application) -> Iterable[Mapping[str, Any]]:
    """What the last operation touched: hooks are nowhere else."""
    found: Iterable[Mapping[str, Any]] = manifests.get(
        application.manifest, "status", "operationState", "syncResult", "resources", default=()
    )
    return found


async def _served_or_none(gvk: GroupVersionKind, live: LiveState) -> GroupVersionKind | None:
    """The kind at the version that was used, or at another; None when its definition is gone, its objects too."""
    try:
        return (await live.cluster.resource(gvk)).gvk
    except UserError:  # reason NoKindMatch
        resources = await live.cluster.resources()
        return next((one.gvk for one in resources if one.group_kind == gvk.group_kind), None)


async def _read_or_none(live: LiveState, key: ObjectKey) -> Manifest | None:
    try:
        return await live.read_or_none(key)
    except NotFoundError:
        return None
