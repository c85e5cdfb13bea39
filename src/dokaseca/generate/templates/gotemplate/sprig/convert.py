"""Sprig's conversions (spf13/cast underneath): anything to a number, a text, a list of texts."""

from __future__ import annotations

import math
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import numerals, values
from dokaseca.generate.templates.gotemplate.durations import Duration, wrapped
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.values import Strings, Struct

NIL_DEREFERENCE: Final = "runtime error: invalid memory address or nil pointer dereference"
_INT64: Final = 1 << 63


def integer(value: Any) -> int:
    """int64 of anything; what cannot be converted is 0."""
    if isinstance(value, Duration):
        return 0
    if isinstance(value, int):
        return wrapped(int(value))
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) < _INT64 else -_INT64
    if isinstance(value, str):
        number, problem = numerals.integer(_without_zero_fraction(value))
        return 0 if problem else number
    return 0


def _without_zero_fraction(text: str) -> str:
    """`12.00` as `12`."""
    stripped = text.rstrip("0")
    return stripped[:-1] if stripped.endswith(".") and stripped != text else text


def real(value: Any) -> float:
    """float64 of anything; what cannot be converted is 0."""
    if isinstance(value, str):
        number, problem = numerals.real(value)
        return 0.0 if problem else number
    return float(value) if isinstance(value, int | float) and not isinstance(value, Duration) else 0.0


def text(value: Any) -> str:
    """strval: texts as they are, everything else as `%v`."""
    return value if isinstance(value, str) else values.text_of(value)


def texts(value: Any) -> Strings:
    """strslice: a list's items as texts without nils; anything else as a list of one."""
    if isinstance(value, Strings):
        return value
    if isinstance(value, list):
        return Strings(text(item) for item in value if item is not None)
    return Strings() if value is None else Strings([text(value)])


def is_empty(value: Any) -> bool:
    """Sprig's `empty`: nil, zero, false, or nothing in it."""
    return not values.is_true(value) and not isinstance(value, Struct)


def items(value: Any, complaint: str) -> list[Any]:
    """`value`, which must be a list.

    Raises:
        CallError: it is not: the complaint and its kind.
    """
    if isinstance(value, list):
        return value
    if value is None:
        raise CallError(NIL_DEREFERENCE)
    raise CallError(f"{complaint} {values.kind(value)}")


def checked_count(count: int, limit: int, what: str) -> int:
    """`count`, refused above `limit`.

    Raises:
        CallError: more than `limit`.
    """
    if count > limit:
        raise CallError(f"{what} would be larger than {limit}")
    return count
