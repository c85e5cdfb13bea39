"""Constants as arguments: each takes the type of its parameter, or that which its own syntax tells."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import Kind
from dokaseca.generate.templates.gotemplate.nodes import Literal, Number
from dokaseca.generate.templates.gotemplate.values import Uint32

_LIKE_A_FLOAT: Final = frozenset(".eEpP")


def as_argument(kind: Kind, node: Literal | Number) -> Any:
    """The constant for a parameter of `kind`.

    Raises:
        CallError: it does not fit.
    """
    if isinstance(node, Literal) and node.value is None:
        if kind.nil is None:
            raise CallError(f"cannot assign nil to {kind.go_type}")
        return kind.nil()
    if kind.accepts is None:
        return ideal(node)
    value, wanted = _typed(kind, node)
    if not wanted:
        raise CallError(f"can't handle {node} for arg of type {kind.go_type}")
    if value is None:
        raise CallError(f"expected {wanted}; found {node}")
    return value


def _typed(kind: Kind, node: Literal | Number) -> tuple[Any, str]:
    """(the constant or None, what Go calls what it wants, empty for types without constants)."""
    if kind.accepts is str:
        return (node.value if isinstance(node, Literal) and isinstance(node.value, str) else None), "string"
    if kind.accepts is bool:
        return (node.value if isinstance(node, Literal) and isinstance(node.value, bool) else None), "bool"
    number = node if isinstance(node, Number) else Number("", 0)
    if kind.accepts is float:
        return number.real, "float"
    if kind.accepts is Uint32:
        size = number.unsigned
        return (None if size is None else Uint32(size & 0xFFFFFFFF)), "unsigned integer"
    if kind.accepts is not None and issubclass(kind.accepts, int):
        whole = number.integer
        return (whole if whole is None or kind.accepts is int else kind.accepts(whole)), "integer"
    return None, ""


def ideal(node: Literal | Number) -> Any:
    """The constant where any type will do.

    Raises:
        CallError: an integer beyond int64.
    """
    if isinstance(node, Literal):
        return node.value
    if node.imaginary is not None:
        return node.imaginary
    source = node.source
    is_hexadecimal = len(source) > 2 and source[:2] in ("0x", "0X") and not {"p", "P"}.intersection(source)
    if node.real is not None and not is_hexadecimal and source[0] != "'" and _LIKE_A_FLOAT.intersection(source):
        return node.real
    if node.integer is None:
        raise CallError(f"{source} overflows int")
    return node.integer
