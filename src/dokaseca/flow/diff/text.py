"""A difference for people: unified, Secrets masked. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from dokaseca.flow.diff import ignore, mask, normalize, owned, reduce
from dokaseca.flow.diff.compare import FIELD_MANAGER, CompareOptions
from dokaseca.flow.diff.fields import Comparer
from dokaseca.kit import yaml_out
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.manifest import Manifest

CONTEXT_LINES = 3
LINES_COMPARED = 20_000  # of both sides together: longer than any CRD; pairing lines costs their square at worst
_DEFAULT_OPTIONS = CompareOptions()


def unified(changes: ChangeSet, options: CompareOptions = _DEFAULT_OPTIONS) -> str:
    """Every object that is out of sync, as one unified diff from live to target; empty when nothing is.

    Raises:
        UserError: an `ignoreDifferences` entry is wrong.
    """
    return "".join(line for change in changes.changes for line in _one(change, options))


def _one(change: Change, options: CompareOptions) -> Iterator[str]:
    if change.hook or change.status is SyncStatus.SYNCED:
        return
    target, live = _shown(change, options)
    before = yaml_out.dump(live).splitlines(keepends=True) if live is not None else []
    after = yaml_out.dump(target).splitlines(keepends=True) if target is not None else []
    if len(before) + len(after) > LINES_COMPARED:
        yield f"--- live/{change.key}\n+++ target/{change.key}\n"
        yield f"# {len(before)} lines against {len(after)}: too long to compare line by line\n"
        return
    yield from difflib.unified_diff(before, after, f"live/{change.key}", f"target/{change.key}", n=CONTEXT_LINES)


def _shown(change: Change, options: CompareOptions) -> tuple[Manifest | None, Manifest | None]:
    """Both sides as they are printed; the live one reduced to what matters, so that defaults do not drown it."""
    target, live = mask.pair(change.target, change.live)
    wanted = normalize.target(target) if target is not None else None
    found = normalize.live(live) if live is not None else None
    if change.live is None or wanted is None or found is None:
        return wanted, found
    rules = ignore.rules_for(wanted, options.ignore_differences)
    wanted, found = ignore.without(wanted, change.live, rules), ignore.without(found, change.live, rules)
    mine = owned.applied_tree(change.live, FIELD_MANAGER)
    shown = reduce.reduced(Comparer(change.key.group_kind), found, wanted, mine)
    return wanted, {**shown, "apiVersion": wanted.get("apiVersion"), "kind": wanted.get("kind")} if shown else found
