"""Helm values: layered and set by path. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dokaseca.kit import yaml_scalars
from dokaseca.model.errors import UserError

_INDEX = re.compile(r"\[(\d+)\]")
LIST_ITEMS = 1024  # Helm refuses larger indexes too


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` laid over `below`: mappings merge, all else is replaced; null stays, so that Helm removes the key."""
    result = dict(below)
    for name, value in above.items():
        old = result.get(name)
        result[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def with_parameter(values: dict[str, Any], name: str, text: str, *, force_string: bool) -> dict[str, Any]:
    """`values` with one `--set name=text` applied.

    Raises:
        UserError: `name` is not a path.
    """
    value = text if force_string else _typed(text)
    steps = _steps(name)
    result = _put(values, steps, value)
    return result if isinstance(result, dict) else values


def _typed(text: str) -> Any:
    if text in ("null", ""):
        return None if text == "null" else ""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(0|[1-9]\d*)", text):
        return yaml_scalars.resolve(text)
    return text.replace("\\,", ",")


def _steps(name: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in re.split(r"(?<!\\)\.", name):
        key = _INDEX.sub("", part).replace("\\.", ".")
        if key:
            steps.append(key)
        steps.extend(int(index) for index in _INDEX.findall(part))
    if not steps or any(isinstance(step, int) and step > LIST_ITEMS for step in steps):
        raise UserError(f"helm parameter name {name!r} is not a path of values", reason="InvalidSpecError")
    return steps


def _put(value: Any, steps: list[str | int], new: Any) -> Any:
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        items = list(value) if isinstance(value, list) else []
        items += [None] * (step + 1 - len(items))
        items[step] = _put(items[step], rest, new)
        return items
    mapping = dict(value) if isinstance(value, dict) else {}
    mapping[step] = _put(mapping.get(step), rest, new)
    return mapping
