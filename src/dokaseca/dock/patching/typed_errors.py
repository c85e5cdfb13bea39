"""What structured-merge-diff says of an applied object that does not fit its type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from dokaseca.dock.patching import fields_v1
from dokaseca.dock.patching.list_types import ListTypes
from dokaseca.model.errors import UserError

_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")
_UNMARSHAL = re.compile(r"json: cannot unmarshal (\w+) into Go .*?field \w+\.(\S+) of type (\S+)")
_NUMBERS = frozenset({"int", "int32", "int64", "float64"})


def undeclared(paths: Sequence[str], applied: Any, types: ListTypes) -> str:
    """The message for fields that the type does not have; `paths` are as decoding reports them."""
    return joined([f"{place(path, applied, types)}: field not declared in schema" for path in paths])


def mistyped(said: str, applied: Any, types: ListTypes) -> str:
    """The message for a value of another type; `said` is the JSON decoder's."""
    found = _UNMARSHAL.fullmatch(said)
    if found is None:
        return said
    got, path, wanted = found.groups()
    expected = "numeric (int or float)" if wanted in _NUMBERS else wanted
    return f"{place(path, applied, types)}: expected {expected}, got {got}"


def joined(messages: Sequence[str]) -> str:
    """Several messages as one."""
    return messages[0] if len(messages) == 1 else "\n  ".join(["errors:", *messages])


def place(path: str, value: Any, types: ListTypes) -> str:
    """`spec.containers[0].x` as `.spec.containers[name="app"].x`."""
    shown = ""
    for found in _STEP.finditer(path):
        index, name = found.groups()
        if index is None:
            shown += f".{name}"
            value = value.get(name) if isinstance(value, dict) else None
            types = types.child(name)
            continue
        item = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        shown += _item(item, int(index), types)
        value, types = item, types.items
    return shown


def _item(item: Any, index: int, types: ListTypes) -> str:
    element = _element_or_none(item, types)
    return f"[{index}]" if element is None else next(fields_v1.paths({element: {}}))


def _element_or_none(item: Any, types: ListTypes) -> str | None:
    """The path element of an item, None where its list has no keys or the item lacks them."""
    if types.list_kind == "set":
        return fields_v1.value_element(item)
    if types.list_kind == "atomic":
        return None
    try:
        return fields_v1.key_element(types.keys, item if isinstance(item, dict) else {}, types.key_defaults)
    except UserError:
        return None


def list_problems(value: Any, types: ListTypes, path: str = "") -> Iterator[str]:
    """Every item of a keyed list or set that stands there twice or lacks its keys."""
    if isinstance(value, dict) and not types.is_atomic:
        for name, below in value.items():
            yield from list_problems(below, types.child(name), f"{path}.{name}")
    elif isinstance(value, list) and types.list_kind != "atomic":
        seen: set[str] = set()
        for index, item in enumerate(value):
            element = _element_or_none(item, types)
            if element is None:
                key = types.keys[0] if types.keys else "value"
                why = f'associative list with keys has an element that omits key field "{key}" (and doesn\'t have default value)'  # noqa: E501 - the server's sentence
                yield f"{path}: element {index}: {why}"
                continue
            shown = next(fields_v1.paths({element: {}}))
            if element in seen:
                yield f"{path}: duplicate entries for key {shown}"
            seen.add(element)
            yield from list_problems(item, types.items, path + shown)
