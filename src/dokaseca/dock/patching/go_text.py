"""JSON values as Go's `%v` prints them: what some of the server's messages hold."""

from __future__ import annotations

from typing import Any

_DEPTH = 64  # below this a value is only hinted at: it stands in a message


def show(value: Any, depth: int = 0) -> str:
    """`value` on one line: `map[a:1 b:[x y]]`."""
    if depth > _DEPTH:
        return "..."
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{show(value[key], depth + 1)}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(show(item, depth + 1) for item in value) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
