"""Objects seen through their list types: field sets, merging, comparing and pruning (structured-merge-diff)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any, Final, NamedTuple

from dokaseca.dock.patching import fields_v1
from dokaseca.dock.patching.equality import equal
from dokaseca.dock.patching.fields_v1 import LEAF, FieldSet
from dokaseca.dock.patching.list_types import ListTypes
from dokaseca.model.errors import UserError

_SCALARS: Final = frozenset({str, int, bool, float})  # types of most values: those are handled without a call


class Comparison(NamedTuple):
    """Which fields differ between two objects; each set holds places and everything below them."""

    added: FieldSet
    modified: FieldSet
    removed: FieldSet


def field_set(value: Any, types: ListTypes) -> FieldSet:
    """The fields that an applied `value` speaks of: leaves, and the items of keyed lists.

    Raises:
        UserError: reason Invalid: a keyed list or set holds an item twice, or one without keys.
    """
    if isinstance(value, dict):
        if not value or types.is_atomic:
            return LEAF
        child = types.child
        fields = {
            "f:" + name: LEAF if type(below) in _SCALARS else field_set(below, child(name))
            for name, below in value.items()
        }
        return fields if types.is_struct else {element: fields_v1.member(node) for element, node in fields.items()}
    if isinstance(value, list) and value and types.list_kind != "atomic":
        items = types.items
        return {element: fields_v1.member(field_set(item, items)) for element, item in by_element(value, types).items()}
    return LEAF


def by_element(value: Sequence[Any], types: ListTypes) -> dict[str, Any]:
    """The items of a keyed list or set by their path elements, in order.

    Raises:
        UserError: reason Invalid: an item stands there twice, or lacks its keys.
    """
    if types.list_kind == "set":
        found = {fields_v1.value_element(item): item for item in value}
    else:
        keys, defaults = types.keys, types.key_defaults
        found = {fields_v1.key_element(keys, item if isinstance(item, dict) else {}, defaults): item for item in value}
    if len(found) != len(value):
        where = " and ".join(types.keys) or "value"
        raise UserError(f"a list holds two items with the same {where}; remove one", reason="Invalid")
    return found


def first_by_element(value: Sequence[Any], types: ListTypes) -> dict[str, Any]:
    """As `by_element`, for stored objects: of duplicates the first counts, items without keys stand by position."""
    found: dict[str, Any] = {}
    for position, item in enumerate(value):
        if types.list_kind == "set":
            element = fields_v1.value_element(item)
        else:
            try:
                element = fields_v1.key_element(types.keys, item if isinstance(item, dict) else {}, types.key_defaults)
            except UserError:
                element = f"i:{position}"
        found.setdefault(element, item)
    return found


def merge(live: Any, applied: Any, types: ListTypes) -> Any:
    """`live` with `applied` laid over it. A null deletes a scalar and leaves maps and lists alone.

    What does not change is `live`'s own: that is how `compare` passes over it afterwards.
    """
    if isinstance(applied, dict):
        if not isinstance(live, dict) or types.is_atomic:
            return _same_or_new(live, without_nulls(applied))
        merged: dict[str, Any] | None = None
        for name, value in applied.items():
            old = live.get(name)
            if type(value) in _SCALARS:
                below = old if old == value and type(old) is type(value) else value
            else:
                below = merge(old, value, types.child(name))
            if below is not old:
                if merged is None:
                    merged = dict(live)
                if below is None:
                    merged.pop(name, None)
                else:
                    merged[name] = below
        return live if merged is None else merged
    if isinstance(applied, list):
        if isinstance(live, list) and types.list_kind != "atomic":
            return _merge_list(live, applied, types)
        return _same_or_new(live, without_nulls(applied))
    if applied is None:
        return live if isinstance(live, dict | list) else None
    return live if live == applied and type(live) is type(applied) else applied


def _same_or_new(live: Any, new: Any) -> Any:
    return live if live == new and equal(live, new) else new


def without_nulls(value: Any) -> Any:
    """`value` without the fields that hold null, as a typed server stores it; items of lists stay."""
    if isinstance(value, dict):
        return {name: without_nulls(below) for name, below in value.items() if below is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def _merge_list(live: list[Any], applied: list[Any], types: ListTypes) -> list[Any]:
    """Shared items in applied's order; what only live has comes as soon as its place allows, before applied's new."""
    mine, theirs = by_element(applied, types), first_by_element(live, types)
    items = types.items
    left, right = list(theirs), list(mine)
    shared = iter([element for element in right if element in theirs])  # comes in applied's order
    expected = next(shared, None)
    done: set[str] = set()
    merged: list[Any] = []
    at = taken = 0
    while at < len(left) or taken < len(right):
        here = left[at] if at < len(left) else None
        there = right[taken] if taken < len(right) else None
        if here is not None and here not in mine:
            merged.append(theirs[here])
            at += 1
        elif here is not None and (here in done or there is None or here not in (expected, there)):
            at += 1  # it has been taken, or comes when it is its turn
        elif there is not None:
            taken += 1
            at += here == there
            if there in theirs:
                merged.append(merge(theirs[there], mine[there], items))
                done.add(there)
                expected = next(shared, None)
            else:
                merged.append(without_nulls(mine[there]))
    return live if len(merged) == len(live) and all(map(is_, merged, live)) else merged


def compare(old: Any, new: Any, types: ListTypes) -> Comparison:
    """What changes from `old` to `new`, two objects."""
    comparison = Comparison({}, {}, {})
    _compare(old, new, types, comparison)
    return comparison


def _compare(old: Any, new: Any, types: ListTypes, into: Comparison) -> bool:
    """Fill `into` with what differs below a place; returns whether the place itself is what differs."""
    if old is new:
        return False
    if isinstance(old, dict) and isinstance(new, dict) and not types.is_atomic:
        for name in old.keys() | new.keys():
            pair = _Pair(old.get(name, _ABSENT), new.get(name, _ABSENT))
            if pair.old is not pair.new:
                _compare_entry("f:" + name, pair, types.child(name), into)
        return False
    if isinstance(old, list) and isinstance(new, list) and types.list_kind != "atomic":
        before, after = first_by_element(old, types), first_by_element(new, types)
        for element in before.keys() | after.keys():
            pair = _Pair(before.get(element, _ABSENT), after.get(element, _ABSENT))
            if pair.old is not pair.new:
                _compare_entry(element, pair, types.items, into)
        return False
    return not equal(old, new)


_ABSENT = object()


class _Pair(NamedTuple):
    old: Any
    new: Any


def _compare_entry(element: str, pair: _Pair, types: ListTypes, into: Comparison) -> None:
    old, new = pair
    if old is _ABSENT:
        into.added[element] = _everything(new, types)
        return
    if new is _ABSENT:
        into.removed[element] = _everything(old, types)
        return
    if not isinstance(old, dict | list) and not isinstance(new, dict | list):
        if not equal(old, new):
            into.modified[element] = LEAF
        return
    below = Comparison({}, {}, {})
    if _compare(old, new, types, below):
        into.modified[element] = LEAF
        if isinstance(old, dict | list):
            into.removed[element] = _everything(old, types)
        if isinstance(new, dict | list):
            into.modified[element] = _everything(new, types)
    for part, whole in zip(below, into, strict=True):
        if part:
            whole[element] = part


def _everything(value: Any, types: ListTypes) -> FieldSet:
    """The place and every place below it; without the place where Go's types have it anyhow."""
    below: FieldSet = {}
    if isinstance(value, dict) and not types.is_atomic:
        below = {"f:" + name: _everything(one, types.child(name)) for name, one in value.items()}
    elif isinstance(value, list) and types.list_kind != "atomic":
        items = types.items
        below = {element: _everything(one, items) for element, one in first_by_element(value, types).items()}
    if not below:
        return LEAF
    return below if types.is_always_there else {".": LEAF, **below}


def prune(value: Any, last: FieldSet, owned: FieldSet, types: ListTypes) -> Any:
    """`value` without what `last` holds and `owned` (everybody's fields now) does not, whatever lies below included."""
    if isinstance(value, dict):
        pruned = value
        for element, node in last.items():
            name = element[2:]
            if element[:2] != "f:" or name not in value:
                continue
            if element not in owned:
                pruned = {key: one for key, one in pruned.items() if key != name}
            elif node and (below := prune(value[name], node, owned[element], types.child(name))) is not value[name]:
                pruned = {**pruned, name: below}
        return pruned
    if isinstance(value, list) and types.list_kind != "atomic":
        return _prune_list(value, last, owned, types)
    return value


def _prune_list(value: list[Any], last: FieldSet, owned: FieldSet, types: ListTypes) -> list[Any]:
    kept, items = [], types.items
    for element, item in first_by_element(value, types).items():
        node: Mapping[str, Any] | None = last.get(element)
        if node is None:
            kept.append(item)
        elif element in owned:
            kept.append(prune(item, last[element], owned[element], items))
    return value if len(kept) == len(value) and all(map(is_, kept, value)) else kept
