"""What makes a plan impossible, found before anything is touched. Pure.

An annotation that does not parse is an error and never a default: a wave that silently became 0, or a `Prune=False`
that nobody understood, would do harm later and elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dokaseca.flow.sync import hooks, options, order
from dokaseca.model import manifest as manifests
from dokaseca.model.change import Change
from dokaseca.model.identity import ObjectKey
from dokaseca.model.plan import SyncRequest


def of_plan(changes: Iterable[Change], request: SyncRequest, origins: Mapping[ObjectKey, str]) -> tuple[str, ...]:
    """One sentence per problem, each with the object and the file that it came from."""
    found = [f"Application: {wrong}" for one in sorted(request.options) if (wrong := options.wrong_or_none(one))]
    for change in changes:
        origin = f" ({origins[change.key]})" if change.key in origins else ""
        found += [f"{change.key}{origin}: {wrong}" for wrong in _of_change(change)]
    return tuple(found)


def _of_change(change: Change) -> Iterator[str]:
    if change.target is None:
        return
    yield from _waves(change)
    yield from _hooks(change)
    for option in options.listed(change.target, options.SYNC_OPTIONS):
        wrong = options.wrong_or_none(option)
        if wrong:
            yield wrong


def _waves(change: Change) -> Iterator[str]:
    annotations = manifests.annotations(change.target or {})
    for name in (order.WAVE, order.HELM_WEIGHT):
        if name in annotations and not order.is_wave(str(annotations[name])):
            yield f'annotation {name} is {annotations[name]!r}, not a whole number; write for example "-1" or "5"'


def _hooks(change: Change) -> Iterator[str]:
    for annotation, known in ((hooks.HOOK, hooks.TYPES), (hooks.DELETE_POLICY, hooks.POLICIES)):
        for one in options.listed(change.target, annotation):
            if one not in known:
                yield f"annotation {annotation} says {one!r}, which is none of {', '.join(known)}"
