"""Values that CEL has no type for: maps that say what they are."""

from __future__ import annotations

from typing import Any

TYPE = "@type"


def make(kind: str, text: str, **more: Any) -> dict[str, Any]:
    """A value of `kind`; equal values have equal maps."""
    return {TYPE: kind, "value": text, **more}


def kind(value: Any) -> str:
    """What a value is, empty when it is nothing of ours."""
    return str(value.get(TYPE, "")) if isinstance(value, dict) else ""


def text(value: Any, *wanted: str) -> str:
    """The text of a value of one of the `wanted` kinds.

    Raises:
        ValueError: it is of another kind.
    """
    if kind(value) not in wanted:
        raise ValueError("no such overload")
    return str(value["value"])
