"""Diff for one Application: what Git wants against what its cluster holds."""

from __future__ import annotations

from dokaseca.engine.live_state import LiveState
from dokaseca.engine.permitting import Permitted
from dokaseca.engine.targets import Targets
from dokaseca.flow.diff import compare as diff
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.change import ChangeSet
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest


async def compare(application: Application, permitted: Permitted, targets: Targets, live: LiveState) -> ChangeSet:
    """Pair every target with its live object, and every tracked object with its target or none.

    Raises:
        TransientError: the cluster does not answer: unknown is never taken for absent.
        UserError: an ignoreDifferences expression is wrong.
    """
    await live.follow([*targets.kinds, *await kinds_of_last_time(application, live)])
    lives: dict[ObjectKey, Manifest] = dict(live.owned_by(application.instance))
    for key in targets.by_key:
        found = lives.get(key) or await _read_or_none(live, key)
        if found is not None:
            lives[key] = found
    options = diff.CompareOptions(application.ignore_differences)
    return diff.compare(targets.by_key, lives, options)


async def kinds_of_last_time(application: Application, live: LiveState) -> list[GroupVersionKind]:
    """The kinds that the status lists: an object whose file has left Git must still be found after a restart."""
    kinds: list[GroupVersionKind] = []
    listed = {
        GroupVersionKind(str(one.get("group") or ""), str(one.get("version") or ""), str(one.get("kind") or ""))
        for one in application.status.get("resources") or ()
    }
    for gvk in sorted(listed):
        try:
            await live.cluster.resource(gvk)
        except UserError:  # NoKindMatch: its CRD has gone, and its objects with it
            continue
        kinds.append(gvk)
    return kinds


async def _read_or_none(live: LiveState, key: ObjectKey) -> Manifest | None:
    try:
        return await live.read_or_none(key)
    except NotFoundError:
        return None


def requires_deletion_confirmation(manifest: Manifest) -> bool:
    """Whether the object's own sync options ask for a person before it is deleted."""
    options = manifests.annotations(manifest).get("argocd.argoproj.io/sync-options", "")
    return "Delete=confirm" in [option.strip() for option in options.split(",")]
