"""Go's comparisons in templates: eq, ne, lt, le, gt, ge."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.verbs import formatted

_BASIC: Final = {
    "bool": "bool",
    "int": "int",
    "int64": "int",
    "uint64": "uint",
    "uint32": "uint",
    "uint8": "uint",
    "float64": "float",
    "complex128": "complex",
    "string": "string",
}
_INTEGERS: Final = {"int", "uint"}


def eq(first: Any, *others: Any) -> bool:
    """Whether the first equals any of the others.

    Raises:
        CallError: there is no other, or the types cannot be compared.
    """
    if not others:
        raise CallError("missing argument for comparison")
    return any(_equal(first, other) for other in others)


def ne(left: Any, right: Any) -> bool:
    return not _equal(left, right)


def lt(left: Any, right: Any) -> bool:
    """Whether left orders before right.

    Raises:
        CallError: the types cannot be ordered.
    """
    left_kind, right_kind = _basic(left), _basic(right)
    if not left_kind or not right_kind:
        raise CallError("invalid type for comparison")
    if left_kind != right_kind and not {left_kind, right_kind} <= _INTEGERS:
        raise _incompatible(left, right)
    if left_kind in ("bool", "complex"):
        raise CallError("invalid type for comparison")
    return bool(left < right)


def le(left: Any, right: Any) -> bool:
    return lt(left, right) or _equal(left, right)


def gt(left: Any, right: Any) -> bool:
    return not le(left, right)


def ge(left: Any, right: Any) -> bool:
    return not lt(left, right)


def _basic(value: Any) -> str:
    return _BASIC.get(values.kind(value), "")


def _is_invalid(value: Any) -> bool:
    return value is None or value is values.MISSING


def _equal(left: Any, right: Any) -> bool:
    left_kind, right_kind = _basic(left), _basic(right)
    if left_kind != right_kind:
        if {left_kind, right_kind} <= _INTEGERS:
            return bool(left == right)
        if _is_invalid(left) or _is_invalid(right):
            return False
        raise _incompatible(left, right)
    if left_kind:
        return bool(left == right)
    return _equal_composites(left, right)


def _equal_composites(left: Any, right: Any) -> bool:
    """Of maps, lists, structs and nil, only nil and structs can be compared."""
    if not (_is_invalid(left) or _is_invalid(right)) and values.kind(left) != values.kind(right):
        values.weight(right)
        raise CallError(
            f"non-comparable types {_shown(left)}: {values.type_name(left)}, "
            f"{values.type_name(right)}: {values.text_of(right)}"
        )
    if values.is_nil(left) or values.is_nil(right):
        return values.is_nil(left) == values.is_nil(right)
    if isinstance(right, list | dict):
        raise CallError(f"non-comparable type {_shown(right)}: {values.type_name(right)}")
    return bool(left == right)


def _incompatible(left: Any, right: Any) -> CallError:
    return CallError(f"incompatible types for comparison: {values.type_name(left)} and {values.type_name(right)}")


def _shown(value: Any) -> str:
    """The value as `%s` prints it, which Go's messages do."""
    values.weight(value)
    return formatted("s", value)
