"""Sets of fields in the form that managedFields stores them (`fieldsV1`), and their algebra.

A set is the JSON itself: nested objects whose names are path elements: `f:<field>`, `k:<keys as JSON>` for an item of a
keyed list, `v:<value as JSON>` for one of a set, and `.` for the place itself. A place is in the set when its object is
empty or holds `.`; the root is never in a set, so that `{}` is the empty set. Sets are values: no function changes one.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from dokaseca.kit import bounds
from dokaseca.model.errors import UserError

FieldSet: TypeAlias = dict[str, Any]

SELF: FieldSet = {".": {}}
LEAF: FieldSet = {}


def key_element(keys: tuple[str, ...], item: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The path element of an item of a keyed list.

    Raises:
        UserError: reason Invalid: the item lacks a key that has no default.
    """
    if len(keys) == 1 and isinstance(value := item.get(keys[0]), str):
        return _single_key(keys[0], value)
    values = {}
    for key in sorted(keys):
        value = item.get(key, defaults.get(key))
        if value is not None:
            values[key] = value
    if not values:
        raise UserError(f"an item of a keyed list has none of its keys ({', '.join(keys)}); set them", reason="Invalid")
    return "k:" + orjson.dumps(values).decode()


@functools.lru_cache(maxsize=4096)
def _single_key(key: str, value: str) -> str:
    return "k:" + orjson.dumps({key: value}).decode()


def value_element(value: Any) -> str:
    """The path element of an item of a set."""
    return "v:" + orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def parse(raw: Any) -> FieldSet:
    """A set that a client sent, in the one form that equal sets share.

    Raises:
        UserError: reason Invalid: not a fieldsV1 value.
    """
    if not isinstance(raw, dict):
        raise UserError("managedFields fieldsV1 must be an object", reason="Invalid")
    return _parse(raw, 0)


def _parse(raw: Mapping[str, Any], depth: int) -> FieldSet:
    if depth > bounds.JSON_DEPTH:
        raise UserError("managedFields fieldsV1 is nested too deeply", reason="Invalid")
    parsed: FieldSet = {}
    for element, below in raw.items():
        if not isinstance(below, dict) or not (element == "." or element[:2] in ("f:", "k:", "v:", "i:")):
            raise UserError("managedFields fieldsV1 holds an unknown path element", reason="Invalid")
        parsed[_canonical_element(element)] = LEAF if element == "." else _parse(below, depth + 1)
    return LEAF if parsed == SELF and depth else parsed


def _canonical_element(element: str) -> str:
    if element[:2] not in ("k:", "v:"):
        return element
    try:
        return element[:2] + orjson.dumps(orjson.loads(element[2:]), option=orjson.OPT_SORT_KEYS).decode()
    except ValueError as error:
        raise UserError("managedFields fieldsV1 holds a key that is not JSON", reason="Invalid") from error


def is_member(node: FieldSet) -> bool:
    """Whether the place that `node` stands for is itself in the set."""
    return not node or "." in node


def member(node: FieldSet) -> FieldSet:
    """`node` with its own place in the set."""
    return node if not node or "." in node else {".": LEAF, **node}


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    """Everything in either set."""
    merged = dict(left)
    for element, node in right.items():
        mine = merged.get(element)
        merged[element] = node if mine is None else _union(mine, node)
    return merged


def _union(left: FieldSet, right: FieldSet) -> FieldSet:
    if not left:
        return member(right)
    return union(left, right) if right else member(left)


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """What is in `left` and not in `right`."""
    return dict(_differences(left, right))


def _differences(left: FieldSet, right: FieldSet) -> Iterator[tuple[str, FieldSet]]:
    for element, node in left.items():
        other = right.get(element)
        if other is None:
            yield element, node
        elif element != ".":
            rest = _difference(node, other)
            if rest is not None:
                yield element, rest


def _difference(left: FieldSet, right: FieldSet) -> FieldSet | None:
    below = {element: rest for element, rest in _differences(left, right) if element != "."}
    if is_member(left) and not is_member(right):
        return {".": LEAF, **below} if below else LEAF
    return below or None


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    """What is in both sets."""
    return dict(_intersections(left, right))


def _intersections(left: FieldSet, right: FieldSet) -> Iterator[tuple[str, FieldSet]]:
    for element, node in left.items():
        other = right.get(element)
        if other is not None and element != ".":
            both = _intersection(node, other)
            if both is not None:
                yield element, both


def _intersection(left: FieldSet, right: FieldSet) -> FieldSet | None:
    below = dict(_intersections(left, right))
    if is_member(left) and is_member(right):
        return {".": LEAF, **below} if below else LEAF
    return below or None


def ordered(fields: FieldSet) -> FieldSet:
    """The same set in the order in which an API server writes it."""
    return {element: ordered(fields[element]) if fields[element] else LEAF for element in sorted(fields)}


def paths(fields: FieldSet) -> Iterator[str]:
    """Every member, as kubectl shows it: `.spec.containers[name="x"].image`; sorted as written."""
    for element, node in fields.items():
        if element != ".":
            here = _shown(element)
            if is_member(node):
                yield here
            for rest in paths(node):
                yield here + rest


def _shown(element: str) -> str:
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return f".{rest}"
    if kind == "k:":
        keys: dict[str, Any] = json.loads(rest)
        return "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in keys.items()) + "]"
    return f"[={rest}]" if kind == "v:" else f"[{rest}]"
