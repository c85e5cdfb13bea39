"""Paths into answers: `metadata.labels["a.b/c"]`, `items[0].metadata.name`, `items[*].metadata.name`."""

from __future__ import annotations

import json
import re
from typing import Any

_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\*|\d+)\]|\.?([^.\[\]]+)')
ABSENT: Any = object()


def at(value: Any, path: str) -> Any:
    """What stands at `path`, ABSENT for nothing; `[*]` gives the list of what every item holds there.

    Raises:
        ValueError: not a path.
    """
    position = 0
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise ValueError(f"not a path: {path}")
        position = found.end()
        key, index, name = found.groups()
        if index == "*":
            rest = path[position:].removeprefix(".")
            items = value if isinstance(value, list) else []
            return [at(item, rest) for item in items]
        value = _below(value, json.loads(f'"{key}"') if key is not None else name, index)
        if value is ABSENT:
            return ABSENT
    return value


def _below(value: Any, name: str | None, index: str | None) -> Any:
    if index is not None:
        return value[int(index)] if isinstance(value, list) and int(index) < len(value) else ABSENT
    return value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
