"""Sprig: types of values, and equality of whole structures."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.functions import DEEP, LIGHT, Function, fn


def frozen(value: Any) -> Any:
    """A key that two values share if reflect.DeepEqual takes them for equal; weigh them first."""
    kind = type(value)
    if kind in (str, int, bool, type(None)):
        return kind, value
    if isinstance(value, list):
        return kind, tuple(map(frozen, value))
    if isinstance(value, dict):
        return kind, frozenset((key, frozen(item)) for key, item in value.items())
    if value != value:  # NaN equals nothing
        return object()
    return kind, value


def _same(left: Any, right: Any) -> bool:
    return bool(frozen(left) == frozen(right))


FUNCTIONS: Final[dict[str, Function]] = {
    "typeOf": fn("a", values.type_name, LIGHT),
    "typeIs": fn("sa", lambda wanted, value: wanted == values.type_name(value), LIGHT),
    "typeIsLike": fn("sa", lambda wanted, value: values.type_name(value) in (wanted, f"*{wanted}"), LIGHT),
    "kindOf": fn("a", values.kind, LIGHT),
    "kindIs": fn("sa", lambda wanted, value: wanted == values.kind(value), LIGHT),
    "deepEqual": fn("aa", _same, DEEP),
}
