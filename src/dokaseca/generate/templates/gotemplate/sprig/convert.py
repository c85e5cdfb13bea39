"""Sprig's conversions (spf13/cast underneath): anything to a number, a text, a list of texts."""

from __future__ import annotations

import math
from typing import Any

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError

_INT64 = 1 << 64
_DIGITS = 400  # longer than any int64 or float64 written out


def wrapped(number: int) -> int:
    """`number` as an int64 that wraps around."""
    number &= _INT64 - 1
    return number - _INT64 if number >= _INT64 >> 1 else number


def integer(value: Any) -> int:
    """int64 of anything; what cannot be converted is 0."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return wrapped(value)
    if isinstance(value, float):
        return wrapped(int(value)) if math.isfinite(value) and abs(value) < 2**63 else -(2**63)
    if isinstance(value, str):
        return parsed(value, base=0) or 0
    return 0


def parsed(text: str, base: int = 10) -> int | None:
    """strconv.ParseInt; None for bad syntax or beyond int64. Base 0 reads 0x, 0b, 0o and a leading 0 as octal."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits or len(digits) > _DIGITS or not digits.isascii() or not digits[0].isdigit():
        return None
    if base == 0 and len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        digits = "0o" + digits[1:]
    if base and not digits.isdigit():
        return None
    try:
        number = int(digits, base)
    except ValueError:
        return None
    number = -number if text[0] == "-" else number
    return number if -(1 << 63) <= number < 1 << 63 else None


def real(value: Any) -> float:
    """float64 of anything; what cannot be converted is 0."""
    if isinstance(value, str):
        try:
            return float(value) if len(value) <= _DIGITS and "_" not in value and value == value.strip() else 0.0
        except ValueError:
            return 0.0
    return float(value) if isinstance(value, int | float) else 0.0


def text(value: Any) -> str:
    """strval: strings as they are, everything else as `%v`."""
    if isinstance(value, str):
        return value
    values.require_bounded(value)
    return values.text_of(value)


def texts(value: Any) -> list[str]:
    """strslice: a list's items as texts without nils; anything else as a list of one."""
    if isinstance(value, list):
        values.require_bounded(value)
        return [values.text_of(item) for item in value if item is not None]
    return [] if value is None else [text(value)]


def is_empty(value: Any) -> bool:
    """Sprig's `empty`: nil, zero, false, or nothing in it."""
    return value is None or value is values.MISSING or not (isinstance(value, values.Record) or bool(value))


def items(value: Any, function: str) -> list[Any]:
    """`value`, which must be a list.

    Raises:
        CallError: it is not.
    """
    if not isinstance(value, list):
        name = "<nil>" if value is None else values.kind(value)
        raise CallError(f"Cannot {function} on type {name}")
    return value


def checked_count(count: int, limit: int, what: str) -> int:
    """`count`, refused above `limit`.

    Raises:
        CallError: more than `limit`.
    """
    if count > limit:
        raise CallError(f"{what} would be larger than {limit}")
    return count
