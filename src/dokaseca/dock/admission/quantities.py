"""Resource quantities (`500m`, `1Gi`): the form, and their order."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from dokaseca.dock.admission.fields import Errors

_FORM = re.compile(r"(?P<number>[+-]?(\d+(\.\d*)?|\.\d+))(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_RULE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_BINARY = {suffix + "i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)}
_DECIMAL = {
    "n": "1e-9",
    "u": "1e-6",
    "m": "1e-3",
    "k": "1e3",
    "M": "1e6",
    "G": "1e9",
    "T": "1e12",
    "P": "1e15",
    "E": "1e18",
}


def value_or_none(quantity: Any) -> Decimal | None:
    """The number that `quantity` stands for, None when it is not one."""
    found = _FORM.fullmatch(str(quantity))
    if not found:
        return None
    suffix = found["suffix"] or ""
    number = Decimal(found["number"])
    if suffix in _BINARY:
        return number * _BINARY[suffix]
    if suffix in _DECIMAL:
        return number * Decimal(_DECIMAL[suffix])
    return number * Decimal("1" + suffix) if suffix else number


def check_resources(resources: Any, path: str, errors: Errors) -> None:
    """Rules of `resources`: each quantity well-formed and not negative, no request above its limit."""
    resources = resources or {}
    limits = resources.get("limits") or {}
    for part in ("limits", "requests"):
        for name, quantity in (resources.get(part) or {}).items():
            value = value_or_none(quantity)
            if value is None:
                errors.invalid(f"{path}.{part}[{name}]", quantity, _RULE)
            elif value < 0:
                errors.invalid(f"{path}.{part}[{name}]", quantity, "must be greater than or equal to 0")
            elif part == "requests" and (limit := value_or_none(limits.get(name))) is not None and value > limit:
                detail = f"must be less than or equal to {name} limit of {limits[name]}"
                errors.invalid(f"{path}.requests", quantity, detail)


def is_binary(quantity: Any) -> bool:
    """Whether it is written with a suffix such as Mi."""
    return str(quantity).endswith("i")


def show(value: Decimal, *, binary: bool) -> str:
    """A number as Kubernetes prints a quantity: whole, with the largest suffix that keeps it so."""
    if binary and value == value.to_integral_value():
        for suffix, unit in reversed(_BINARY.items()):
            if value and value % unit == 0:
                return f"{int(value / unit)}{suffix}"
        return str(int(value))
    for suffix in ("E", "P", "T", "G", "M", "k"):
        unit = Decimal(_DECIMAL[suffix])
        if value and value % unit == 0:
            return f"{int(value / unit)}{suffix}"
    for suffix, unit in (("", Decimal(1)), ("m", Decimal("1e-3")), ("u", Decimal("1e-6"))):
        if value % unit == 0:
            return f"{int(value / unit)}{suffix}"
    return f"{int(value / Decimal('1e-9'))}n"
