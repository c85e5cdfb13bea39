"""Kubernetes quantities: `1000m` is `1`, `1Gi` is `1024Mi`. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i))?\Z")
_SCALE = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
    **{f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGTPE", start=1)},
}
FIELDS = frozenset({"requests", "limits", "capacity", "allocatable", "hard", "default", "defaultRequest", "min", "max"})


def value_or_none(text: Any) -> Decimal | None:
    """The amount, None when `text` is no quantity."""
    match = _QUANTITY.match(str(text)) if isinstance(text, (str, int, float)) and not isinstance(text, bool) else None
    if match is None:
        return None
    number = Decimal(match[1] + (match[2] or ""))
    return number * _SCALE[match[3]] if match[3] else number


def are_equal(one: Any, other: Any) -> bool:
    """Whether both are quantities of the same amount."""
    first, second = value_or_none(one), value_or_none(other)
    return first is not None and first == second
