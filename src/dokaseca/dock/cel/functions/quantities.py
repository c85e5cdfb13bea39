"""`quantity('1Gi')`: apiserver/pkg/cel/library/quantity.go."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from dokaseca.dock.cel.functions import tagged

KIND: Final = "quantity"
_FORM: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?", re.ASCII)
_LIMIT: Final = 128  # characters of a quantity
_SCALES: Final = {
    **{f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGTPE", 1)},
    **{prefix: Decimal(1000) ** power for power, prefix in enumerate(("n", "u", "m", "", "k", *"MGTPE"), -3)},
}


def _parsed(text: str) -> Decimal:
    found = _FORM.fullmatch(text) if len(text) <= _LIMIT else None
    suffix = (found[2] or "") if found is not None else ""
    value = None
    if found is not None:
        value = Decimal(found[1]) * (_SCALES[suffix] if suffix in _SCALES else Decimal(f"1{suffix}"))
    if value is None or not -400 < value.adjusted() < 400:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    return value


def is_valid(text: str) -> bool:
    """Whether `text` is a quantity."""
    try:
        _parsed(text)
    except ValueError:
        return False
    return True


def make(text: str) -> dict[str, Any]:
    """The quantity that `text` says.

    Raises:
        ValueError: it says none.
    """
    return _of(_parsed(text))


def _of(value: Decimal) -> dict[str, Any]:
    return tagged.make(KIND, f"{value.normalize():f}")


def number(value: Any) -> Decimal:
    """The number of a quantity, or of a plain integer.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return Decimal(tagged.text(value, KIND))


def add(one: Any, other: Any) -> dict[str, Any]:
    """The sum."""
    return _of(number(one) + number(other))


def sub(one: Any, other: Any) -> dict[str, Any]:
    """The difference."""
    return _of(number(one) - number(other))


def sign(value: Any) -> int:
    """1, 0 or -1."""
    found = number(value)
    return (found > 0) - (found < 0)


def is_integer(value: Any) -> bool:
    """Whether it fits an integer of 64 bits without loss."""
    found = number(value)
    return found == found.to_integral_value() and -(2**63) <= found < 2**63


def as_integer(value: Any) -> int:
    """As an integer.

    Raises:
        ValueError: it does not fit.
    """
    if not is_integer(value):
        raise ValueError("cannot convert value to integer")
    return int(number(value))


def as_float(value: Any) -> float:
    """As the nearest floating-point number."""
    return float(number(value))
