"""The fields that a manager set, read from managedFields. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from dokaseca.flow.diff.fields import escaped
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

Step = str | tuple[str, Any]  # a field name, or ("k", key fields) / ("v", value) of a list item


def applied(live: Manifest, manager: str) -> Iterator[tuple[Step, ...]]:
    """What `manager` set by its last server-side apply: leaf fields and list items, subresources left out."""
    yield from _leaves(applied_tree(live, manager), ())


def applied_tree(live: Manifest, manager: str) -> dict[str, Any]:
    """The same as the `fieldsV1` tree that it was read from, empty when the manager never applied."""
    for entry in _entries(live, manager):
        if entry.get("operation") == "Apply" and not entry.get("subresource"):
            tree = entry.get("fieldsV1")
            return tree if isinstance(tree, dict) else {}
    return {}


def held(live: Manifest, manager: str) -> Iterator[tuple[Step, ...]]:
    """The leaf fields that `manager` holds by whatever operation or subresource; list items only through fields."""
    for entry in _entries(live, manager):
        tree = entry.get("fieldsV1")
        if isinstance(tree, dict):
            yield from (path for path in _leaves(tree, ()) if not _is_keyed_item(path[-1]))


def is_set(target: Any, path: tuple[Step, ...]) -> bool:
    """Whether `target` says anything at `path`."""
    value = target
    for step in path:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return False
            value = value[step]
        else:
            if not isinstance(value, list):
                return False
            found = [item for item in value if is_item(item, step)]
            if not found:
                return False
            value = found[0]
    return True


def is_item(item: Any, step: tuple[str, Any]) -> bool:
    """Whether a list item is the one that a step names."""
    if step[0] == "v":
        return bool(item == step[1])
    return (
        isinstance(item, dict)
        and isinstance(step[1], dict)
        and all(item.get(name, "TCP" if name == "protocol" else None) == value for name, value in step[1].items())
    )


def pointer(path: tuple[Step, ...]) -> str:
    """`path` for a person: `/spec/containers[name=web]/image`."""
    text = ""
    for step in path:
        if isinstance(step, str):
            text += "/" + escaped(step)
        elif isinstance(step[1], dict):
            text += "[" + ",".join(f"{name}={value}" for name, value in step[1].items()) + "]"
        else:
            text += f"[{step[1]}]"
    return text


def step_or_none(name: str) -> Step | None:
    """One key of a `fieldsV1` tree as a step; None for `.` and for what cannot be read."""
    kind, _, rest = name.partition(":")
    if kind == "f":
        return rest
    if kind not in ("k", "v"):
        return None
    try:
        return kind, orjson.loads(rest)
    except orjson.JSONDecodeError:
        return None


def _entries(live: Manifest, manager: str) -> Iterator[dict[str, Any]]:
    entries = manifests.metadata(live).get("managedFields")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("manager") == manager:
            yield entry


def _leaves(tree: dict[str, Any], path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    keys = path[-1][1] if path and _is_keyed_item(path[-1]) else {}
    for name, inner in tree.items():
        step = step_or_none(name)
        if step is None:
            if name == "." and path and _is_keyed_item(path[-1]):
                yield path
        elif isinstance(step, str) and step in keys:
            continue  # a list item's key goes with the item
        elif isinstance(inner, dict) and any(one != "." for one in inner):
            yield from _leaves(inner, (*path, step))
        else:
            yield (*path, step)


def _is_keyed_item(step: Step) -> bool:
    return not isinstance(step, str) and step[0] == "k" and isinstance(step[1], dict)
