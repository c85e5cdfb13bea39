"""Go's view of JSON values: kinds, truth, printing, comparison, field access, size."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Final

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.kit import bounds


class _Missing:
    """Go's zero reflect.Value: what `.absent` gives; it prints as `<no value>`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<no value>"

    def __deepcopy__(self, memo: dict[int, Any]) -> _Missing:
        return self


MISSING: Final = _Missing()


class StringMap(dict[str, str]):
    """A `map[string]string` (labels, annotations): indexing an absent key gives the empty string."""

    __slots__ = ()


class Record:
    """A Go struct or object: read-only fields (and methods without arguments) by name."""

    __slots__ = ("fields", "text", "type_name")

    def __init__(self, type_name: str, text: str, fields: dict[str, Any]) -> None:
        self.type_name = type_name
        self.text = text
        self.fields = fields


def type_name(value: Any) -> str:
    """The Go type, as messages and `typeOf` print it."""
    if value is None or value is MISSING:
        return "<nil>"
    if isinstance(value, Record):
        return value.type_name
    for python, name in _TYPES:
        if isinstance(value, python):
            return name
    return type(value).__name__


_TYPES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float64"),
    (str, "string"),
    (list, "[]interface {}"),
    (StringMap, "map[string]string"),
    (dict, "map[string]interface {}"),
    (datetime, "time.Time"),
)
_KINDS: Final = {
    "bool": "bool",
    "int": "int",
    "float64": "float64",
    "string": "string",
    "[]interface {}": "slice",
    "map[string]string": "map",
    "map[string]interface {}": "map",
    "<nil>": "invalid",
}


def kind(value: Any) -> str:
    """reflect.Kind's name."""
    return _KINDS.get(type_name(value), "struct")


def is_true(value: Any) -> bool:
    """Whether `if` takes it: not the zero of its type."""
    if isinstance(value, Record | datetime):
        return True
    return value is not MISSING and bool(value)


def float_text(number: float, verb: str = "g", precision: int = -1) -> str:
    """A float64 as Go prints it; with the shortest digits `%g` (and so `%v`) turns to an exponent below 1e-4 and from
    1e6 on."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if precision >= 0:
        return f"{number:.{min(precision, 1000)}{verb}}"
    mantissa, digits, exponent = _shortest(number)
    if verb == "e":
        return _scientific(mantissa, digits, exponent)
    if verb == "f" or -4 <= exponent < 6:
        return _plain(mantissa, digits, exponent)
    return _scientific(mantissa, digits, exponent)


def _shortest(number: float) -> tuple[str, str, int]:
    """(sign, significant digits, decimal exponent of the first digit)."""
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    if number == 0:
        return sign, "0", 0
    text = repr(abs(number))
    base, _, power = text.partition("e")
    whole, _, fraction = base.partition(".")
    digits = whole + fraction
    stripped = digits.lstrip("0")
    exponent = len(whole) - 1 - (len(digits) - len(stripped)) + int(power or 0)
    return sign, stripped.rstrip("0") or "0", exponent


def _plain(sign: str, digits: str, exponent: int) -> str:
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    if len(digits) <= exponent + 1:
        return sign + digits + "0" * (exponent + 1 - len(digits))
    return f"{sign}{digits[: exponent + 1]}.{digits[exponent + 1 :]}"


def _scientific(sign: str, digits: str, exponent: int) -> str:
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def text_of(value: Any) -> str:
    """The value as `%v` prints it; call `require_bounded` first where the value may be large."""
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, list):
        return "[" + " ".join(map(text_of, value)) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{text_of(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, datetime):
        return _time_text(value)
    return value.text if isinstance(value, Record) else str(value)


def _time_text(moment: datetime) -> str:
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    zone = moment.tzname() or "UTC"
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {moment:%z} {zone}"


def printed(value: Any) -> str:
    """The value as an action prints it."""
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return "<no value>"
    if isinstance(value, list | dict):
        require_bounded(value)
    return text_of(value)


_NODE_BYTES: Final = 16  # what an item costs beside its text: so many items take time as well


def require_bounded(value: Any) -> None:
    """Refuse a value whose text would be huge: shared parts count as often as they appear.

    Raises:
        CallError: more than the template budget, or the value contains itself.
    """
    budget = bounds.TEMPLATE_OUTPUT_BYTES
    pending = [value]
    while pending:
        item = pending.pop()
        budget -= _NODE_BYTES + (len(item) if isinstance(item, str) else 0)
        if isinstance(item, dict):
            budget -= sum(map(len, item))
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        if budget < 0:
            raise CallError(f"value is larger than {bounds.TEMPLATE_OUTPUT_BYTES} bytes")


def equal(left: Any, right: Any) -> bool:
    """Go's `eq` for two arguments.

    Raises:
        CallError: the types cannot be compared.
    """
    left_kind, right_kind = _basic_kind(left), _basic_kind(right)
    left_nil, right_nil = left is None or left is MISSING, right is None or right is MISSING
    if left_kind != right_kind:
        if left_nil or right_nil:
            return False
        raise CallError("incompatible types for comparison")
    if left_kind:
        return bool(left == right)
    if left_nil or right_nil:
        return left_nil == right_nil
    raise CallError(f"non-comparable type {type_name(left)}: {short(left)}")


def less(left: Any, right: Any) -> bool:
    """Go's `lt`.

    Raises:
        CallError: the types cannot be ordered.
    """
    left_kind, right_kind = _basic_kind(left), _basic_kind(right)
    if not left_kind or not right_kind or left_kind == "bool":
        raise CallError("invalid type for comparison")
    if left_kind != right_kind:
        raise CallError("incompatible types for comparison")
    return bool(left < right)


def _basic_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    return "string" if isinstance(value, str) else ""


def short(value: Any) -> str:
    """The value for a message: at most 40 characters."""
    require_bounded(value)
    text = text_of(value)
    return text if len(text) <= 40 else text[:37] + "..."
