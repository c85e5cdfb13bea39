"""Sprig: dictionaries. Where Go's order is random, ours is sorted by key."""

from __future__ import annotations

import copy
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert

_MERGE_DEPTH: Final = 100  # nested maps; a map that contains itself ends here


def _dict(*pairs: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for at in range(0, len(pairs), 2):
        made[convert.text(pairs[at])] = pairs[at + 1] if at + 1 < len(pairs) else ""
    return made


def _set(mapping: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    mapping[key] = value
    return mapping


def _unset(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    mapping.pop(key, None)
    return mapping


def _keys(*mappings: dict[str, Any]) -> list[Any]:
    return [key for mapping in mappings for key in sorted(mapping)]


def _pick(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping}


def _omit(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


def _pluck(key: str, *mappings: dict[str, Any]) -> list[Any]:
    return [mapping[key] for mapping in mappings if key in mapping]


def _dig(*path: Any) -> Any:
    if len(path) < 3:
        raise CallError(f"dig needs at least three arguments, got {len(path)}")
    *keys, other, mapping = path
    value = mapping
    for key in keys:
        if not isinstance(value, dict):
            raise CallError(f"interface conversion: interface {{}} is {values.type_name(value)}, not a map")
        if not isinstance(key, str):
            raise CallError(f"dig: keys must be strings, got {values.type_name(key)}")
        if key not in value:
            return other
        value = value[key]
    return value


def _merge_into(target: dict[str, Any], source: dict[str, Any], *, overwrite: bool, depth: int = 0) -> None:
    """dario.cat/mergo on maps: maps recurse; otherwise an empty target takes the source's value, and with `overwrite`
    every source value wins."""
    if depth > _MERGE_DEPTH:
        raise CallError(f"maps are nested deeper than {_MERGE_DEPTH}")
    for key, value in source.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            if present is not value:
                _merge_into(present, value, overwrite=overwrite, depth=depth + 1)
        elif key not in target or overwrite or convert.is_empty(present):
            target[key] = value


def _merge(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    for source in sources:
        _merge_into(target, source, overwrite=False)
    return target


def _merge_overwrite(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    for source in sources:
        _merge_into(target, source, overwrite=True)
    return target


def _deep_copy(value: Any) -> Any:
    values.require_bounded(value)
    return copy.deepcopy(value)


FUNCTIONS: Final[dict[str, Function]] = {
    "dict": fn("a*", _dict),
    "get": fn("ds", lambda mapping, key: mapping.get(key, "")),
    "set": fn("dsa", _set, mutates=True),
    "unset": fn("ds", _unset, mutates=True),
    "hasKey": fn("ds", lambda mapping, key: key in mapping),
    "pluck": fn("sd*", _pluck),
    "keys": fn("d*", _keys),
    "pick": fn("ds*", _pick),
    "omit": fn("ds*", _omit),
    "merge": fn("dd*", _merge, mutates=True),
    "mustMerge": fn("dd*", _merge, mutates=True),
    "mergeOverwrite": fn("dd*", _merge_overwrite, mutates=True),
    "mustMergeOverwrite": fn("dd*", _merge_overwrite, mutates=True),
    "values": fn("d", lambda mapping: [mapping[key] for key in sorted(mapping)]),
    "dig": fn("a*", _dig),
    "deepCopy": fn("a", _deep_copy),
    "mustDeepCopy": fn("a", _deep_copy),
}
