"""Sprig: dictionaries. Where Go's order is random, ours is sorted by key."""

from __future__ import annotations

import copy
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import DEEP, LIGHT, Function, Traits, fn
from dokaseca.generate.templates.gotemplate.run import Run
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.generate.templates.gotemplate.values import NilMap, StringMap, Strings

_MERGE_DEPTH: Final = 100  # nested maps; a map that contains itself ends here
_MUTATING: Final = Traits(mutates=True, weight="light")
_MERGING: Final = Traits(mutates=True, weight="deep")


def _dict(run: Run, *pairs: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for at in range(0, len(pairs), 2):
        key = pairs[at]
        if isinstance(key, list | dict):
            run.charge(values.weight(key))
        made[convert.text(key)] = pairs[at + 1] if at + 1 < len(pairs) else ""
    return made


def _set(mapping: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    if isinstance(mapping, NilMap):
        raise CallError("assignment to entry in nil map")
    mapping[key] = value
    return mapping


def _unset(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    mapping.pop(key, None)
    return mapping


def _keys(*mappings: dict[str, Any]) -> Strings:
    return Strings(key for mapping in mappings for key in sorted(mapping))


def _values(mapping: dict[str, Any]) -> list[Any]:
    return [mapping[key] for key in sorted(mapping)]


def _pick(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping}


def _omit(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


def _pluck(key: str, *mappings: dict[str, Any]) -> list[Any]:
    return [mapping[key] for mapping in mappings if key in mapping]


def _dig(*path: Any) -> Any:
    if len(path) < 3:
        raise CallError("dig needs at least three arguments")
    *keys, other, mapping = path
    value = _as_map(mapping)
    for key in keys:
        if not isinstance(key, str):
            raise CallError(f"interface conversion: interface {{}} is {_dynamic(key)}, not string")
    for key in keys[:-1]:
        if key not in value:
            return other
        value = _as_map(value[key])
    return value.get(keys[-1], other)


def _as_map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or isinstance(value, StringMap):
        raise CallError(f"interface conversion: interface {{}} is {_dynamic(value)}, not map[string]interface {{}}")
    return value


def _dynamic(value: Any) -> str:
    return "nil" if value is None else values.type_name(value)


def _merge_into(target: dict[str, Any], source: dict[str, Any], *, overwrite: bool, depth: int = 0) -> None:
    """dario.cat/mergo on maps: maps recurse; otherwise what the target lacks or holds empty is filled, and with
    `overwrite` every source value wins; a nil fills nothing."""
    if depth > _MERGE_DEPTH:
        raise CallError(f"maps are nested deeper than {_MERGE_DEPTH}")
    for key, value in [*source.items()]:
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            if present is not value:
                _merge_into(present, value, overwrite=overwrite, depth=depth + 1)
        elif overwrite or (value is not None and (key not in target or convert.is_empty(present))):
            if isinstance(target, StringMap) and not isinstance(value, str):
                raise CallError(f"a map[string]string cannot hold a value of type {values.type_name(value)}")
            target[key] = value


def _merged(target: dict[str, Any], sources: tuple[dict[str, Any], ...], *, overwrite: bool) -> dict[str, Any]:
    target = {} if isinstance(target, NilMap) and sources else target
    for source in sources:
        _merge_into(target, source, overwrite=overwrite)
    return target


def _merge(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    return _merged(target, sources, overwrite=False)


def _merge_overwrite(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    return _merged(target, sources, overwrite=True)


def _deep_copy(value: Any) -> Any:
    if value is None:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    return copy.deepcopy(value)


FUNCTIONS: Final[dict[str, Function]] = {
    "dict": fn("a*", _dict, Traits(takes_run=True, weight="light")),
    "get": fn("ds", lambda mapping, key: mapping.get(key, ""), LIGHT),
    "set": fn("dsa", _set, _MUTATING),
    "unset": fn("ds", _unset, _MUTATING),
    "hasKey": fn("ds", lambda mapping, key: key in mapping, LIGHT),
    "pluck": fn("sd*", _pluck, LIGHT),
    "keys": fn("d*", _keys),
    "pick": fn("ds*", _pick, LIGHT),
    "omit": fn("ds*", _omit),
    "merge": fn("dd*", _merge, _MERGING),
    "mustMerge": fn("dd*", _merge, _MERGING),
    "mergeOverwrite": fn("dd*", _merge_overwrite, _MERGING),
    "mustMergeOverwrite": fn("dd*", _merge_overwrite, _MERGING),
    "values": fn("d", _values),
    "dig": fn("a*", _dig, LIGHT),
    "deepCopy": fn("a", _deep_copy, DEEP),
    "mustDeepCopy": fn("a", _deep_copy, DEEP),
}
