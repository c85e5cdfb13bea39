"""Kubernetes quantities: `1000m` is `1`, `1Gi` is `1024Mi`. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i))?\Z", re.ASCII
)
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
MAPS = frozenset({"requests", "limits", "capacity", "allocatable", "podFixed"})  # whatever the kind
MAPS_OF_KIND = {
    "LimitRange": frozenset({"default", "defaultRequest", "min", "max", "maxLimitRequestRatio"}),
    "ResourceQuota": frozenset({"hard"}),
}
FIELDS = frozenset({"sizeLimit", "divisor", "averageValue"})
TEXT_CHARACTERS = 64  # far longer than any amount that somebody wrote on purpose


def is_amount(kind: str, name: str, parent: str) -> bool:
    """Whether a field of a kind holds a quantity."""
    in_map = parent in MAPS or parent in MAPS_OF_KIND.get(kind, ())
    return in_map or name in FIELDS or (kind == "HorizontalPodAutoscaler" and (parent, name) == ("target", "value"))


def value_or_none(text: Any) -> Decimal | None:
    """The amount, None when `text` is no quantity."""
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        return None
    match = _QUANTITY.match(str(text)[: TEXT_CHARACTERS + 1])
    if match is None or len(str(text)) > TEXT_CHARACTERS:
        return None
    number = Decimal(match[1] + (match[2] or ""))
    return number * _SCALE[match[3]] if match[3] else number


def are_equal(one: Any, other: Any) -> bool:
    """Whether both are quantities of the same amount."""
    first, second = value_or_none(one), value_or_none(other)
    return first is not None and first == second
