"""A difference for people: unified, Secrets masked. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from dokaseca.flow.diff import mask, normalize
from dokaseca.kit import yaml_out
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.manifest import Manifest

CONTEXT_LINES = 3


def unified(changes: ChangeSet) -> str:
    """Every object that is out of sync, as one unified diff from live to target; empty when nothing is."""
    return "".join(line for change in changes.changes for line in _one(change))


def _one(change: Change) -> Iterator[str]:
    if change.hook or change.status is SyncStatus.SYNCED:
        return
    target, live = mask.pair(change.target, change.live)
    before = yaml_out.dump(_shown(live, target)) if live is not None else ""
    after = yaml_out.dump(normalize.target(target)) if target is not None else ""
    yield from difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        f"live/{change.key}",
        f"target/{change.key}",
        n=CONTEXT_LINES,
    )


def _shown(live: Manifest, target: Manifest | None) -> Manifest:
    """The live object reduced to what the target speaks of, so that defaults do not drown the difference."""
    clean = normalize.live(live)
    if target is None:
        return clean
    reduced = _reduced(clean, normalize.target(target))
    return reduced if isinstance(reduced, dict) else clean


def _reduced(live: object, target: object) -> object:
    if isinstance(live, dict) and isinstance(target, dict):
        return {name: _reduced(live[name], target[name]) for name in target if name in live}
    if isinstance(live, list) and isinstance(target, list) and len(live) == len(target):
        return [_reduced(one, other) for one, other in zip(live, target, strict=True)]
    return live
