"""The fields that a manager set at its last apply, read from managedFields. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

Step = str | tuple[str, Any]  # a field name, or ("k", key fields) / ("v", value) of a list item


def leaves(live: Manifest, manager: str) -> Iterator[tuple[Step, ...]]:
    """Paths of the leaf fields that `manager` owns by server-side apply, subresources left out."""
    for entry in manifests.metadata(live).get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            yield from _leaves(entry.get("fieldsV1") or {}, ())


def is_set(target: Any, path: tuple[Step, ...]) -> bool:
    """Whether `target` says anything at `path` or above its end (an owned empty container counts by its parent)."""
    value = target
    for step in path:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return False
            value = value[step]
        else:
            if not isinstance(value, list):
                return False
            found = [item for item in value if _is_item(item, step)]
            if not found:
                return False
            value = found[0]
    return True


def pointer(path: tuple[Step, ...]) -> str:
    """`path` for a person: `/spec/containers[name=web]/image`."""
    text = ""
    for step in path:
        if isinstance(step, str):
            text += "/" + step.replace("~", "~0").replace("/", "~1")
        elif step[0] == "k":
            text += "[" + ",".join(f"{name}={value}" for name, value in step[1].items()) + "]"
        else:
            text += f"[{step[1]}]"
    return text


def _leaves(fields: dict[str, Any], path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    for name, inner in fields.items():
        if name == ".":
            continue
        here = (*path, _step(name))
        if any(one != "." for one in inner):
            yield from _leaves(inner, here)
        else:
            yield here


def _step(name: str) -> Step:
    kind, _, rest = name.partition(":")
    return rest if kind == "f" else (kind, orjson.loads(rest))


def _is_item(item: Any, step: tuple[str, Any]) -> bool:
    if step[0] == "v":
        return bool(item == step[1])
    return isinstance(item, dict) and all(
        item.get(name, "TCP" if name == "protocol" else None) == value for name, value in step[1].items()
    )
