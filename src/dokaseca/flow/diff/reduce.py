"""A live object cut down to what is worth showing beside its target. Pure."""

from __future__ import annotations

from typing import Any

from dokaseca.flow.diff import merge_keys, owned
from dokaseca.flow.diff.fields import Comparer

_TEXTS = ("data", "binaryData", "labels", "annotations")


def reduced(comparer: Comparer, live: Any, target: Any, mine: dict[str, Any], name: str = "", parent: str = "") -> Any:
    """`live` with only the fields that the target names or that we set before; what compares equal is written as the
    target writes it, so that every line of a difference is a difference.

    Args:
        mine: the `fieldsV1` tree of what we applied, below this value.
        name: of the field that holds the value.
        parent: of the field around it.
    """
    if isinstance(live, dict) and isinstance(target, dict):
        return _mapping(comparer, live, target, mine, name)
    if isinstance(live, list) and isinstance(target, list):
        return _items(comparer, live, target, mine, name)
    return target if target is None or comparer.are_equal(target, live, name, parent) else live


def _mapping(
    comparer: Comparer, live: dict[str, Any], target: dict[str, Any], mine: dict[str, Any], name: str
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for child, value in target.items():
        if child in live:
            shown[child] = reduced(comparer, live[child], value, _below(mine, f"f:{child}"), child, name)
        elif comparer.may_be_absent(value, child, name):
            shown[child] = value
    dropped = {child: value for child, value in live.items() if child not in target and f"f:{child}" in mine}
    return shown | {child: value for child, value in dropped.items() if not _is_shell(child, mine[f"f:{child}"])}


def _is_shell(name: str, mine: Any) -> bool:
    """Whether we set a map of texts without any entry: what is in it now is somebody else's."""
    return name in _TEXTS and not mine


def _items(comparer: Comparer, live: list[Any], target: list[Any], mine: dict[str, Any], name: str) -> list[Any]:
    keys = merge_keys.keys_or_none(comparer.kind, name, target, live)
    if merge_keys.is_set(comparer.kind, name):
        return [item for item in target if item in live] + [item for item in live if item not in target and mine]
    if keys is None:
        if len(live) != len(target):
            return live
        return [reduced(comparer, one, other, {}) for one, other in zip(live, target, strict=True)]
    found = {merge_keys.identity(item, keys): item for item in live}
    wanted = {merge_keys.identity(item, keys): item for item in target}
    shown = [
        reduced(comparer, found[identity], item, _of_item(mine, found[identity]))
        for identity, item in wanted.items()
        if identity in found
    ]
    return shown + [item for identity, item in found.items() if identity not in wanted and _of_item(mine, item)]


def _below(mine: dict[str, Any], name: str) -> dict[str, Any]:
    inner = mine.get(name)
    return inner if isinstance(inner, dict) else {}


def _of_item(mine: dict[str, Any], item: Any) -> dict[str, Any]:
    for name in mine:
        step = owned.step_or_none(name)
        if step is not None and not isinstance(step, str) and owned.is_item(item, step):
            return _below(mine, name)
    return {}
