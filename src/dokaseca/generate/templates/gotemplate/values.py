"""Go's view of template values: types and kinds, truth, printing, size.

JSON values are Python's own (int is Go's int, float its float64); what else Go tells apart is a small subclass of
those, or a Struct.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from dokaseca.generate.templates.gotemplate import floats
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


class Int64(int):
    """int64."""

    __slots__ = ()


class Uint64(int):
    """uint64."""

    __slots__ = ()


class Uint32(int):
    """uint32."""

    __slots__ = ()


class Uint8(int):
    """uint8, what a text's bytes are."""

    __slots__ = ()


class Strings(list[Any]):
    """[]string."""

    __slots__ = ()


class NilStrings(Strings):
    """A nil []string."""

    __slots__ = ()


class Ints(list[Any]):
    """[]int."""

    __slots__ = ()


class Lists(list[Any]):
    """[][]interface {}."""

    __slots__ = ()


class NilList(list[Any]):
    """A nil []interface {}."""

    __slots__ = ()


class StringMap(dict[str, str]):
    """map[string]string (labels, annotations): an absent key gives the empty string."""

    __slots__ = ()


class NilMap(dict[str, Any]):
    """A nil map[string]interface {}: it can be read, not written."""

    __slots__ = ()


class Stringer:
    """A value that says itself how it prints."""

    __slots__ = ()

    def go_string(self) -> str:
        """What its String method gives."""
        raise NotImplementedError


class Struct:
    """A Go struct, or a pointer to one."""

    __slots__ = ()
    go_type: ClassVar[str]
    go_kind: ClassVar[str] = "struct"

    def go_fields(self) -> Mapping[str, Any]:
        """Its exported fields, in order."""
        return {}

    def go_all_fields(self) -> Mapping[str, Any]:
        """All fields, in order, as fmt prints them."""
        return self.go_fields()


_TYPES: Final[dict[type, tuple[str, str]]] = {
    type(None): ("<nil>", "invalid"),
    _Missing: ("<nil>", "invalid"),
    bool: ("bool", "bool"),
    int: ("int", "int"),
    Int64: ("int64", "int64"),
    Uint64: ("uint64", "uint64"),
    Uint32: ("uint32", "uint32"),
    Uint8: ("uint8", "uint8"),
    float: ("float64", "float64"),
    complex: ("complex128", "complex128"),
    str: ("string", "string"),
    list: ("[]interface {}", "slice"),
    NilList: ("[]interface {}", "slice"),
    Strings: ("[]string", "slice"),
    NilStrings: ("[]string", "slice"),
    Ints: ("[]int", "slice"),
    Lists: ("[][]interface {}", "slice"),
    dict: ("map[string]interface {}", "map"),
    NilMap: ("map[string]interface {}", "map"),
    StringMap: ("map[string]string", "map"),
}
_NILS: Final = (NilStrings, NilList, NilMap)
_ELEMENTS: Final[dict[type, str]] = {Strings: "string", StringMap: "string", Ints: "int", Lists: "[]interface {}"}


def _type_and_kind(value: Any) -> tuple[str, str]:
    found = _TYPES.get(type(value))
    if found is not None:
        return found
    if isinstance(value, Struct) or hasattr(value, "go_type"):
        return value.go_type, value.go_kind
    for base in type(value).__mro__:  # a subclass that a caller's parameters bring along
        if base in _TYPES:
            return _TYPES[base]
    return type(value).__name__, "struct"


def type_name(value: Any) -> str:
    """The Go type, as messages and `typeOf` print it."""
    return _type_and_kind(value)[0]


def kind(value: Any) -> str:
    """reflect.Kind's name."""
    return _type_and_kind(value)[1]


def element_type(container: Any) -> str:
    """The static type of what `range` gives of a list, a map or an integer."""
    return type_name(container) if isinstance(container, int) else _ELEMENTS.get(type(container), "interface {}")


def is_nil(value: Any) -> bool:
    """Whether it is nil, of whatever type."""
    return value is None or value is MISSING or isinstance(value, _NILS)


def is_true(value: Any) -> bool:
    """Whether `if` takes it: not the zero of its type."""
    if isinstance(value, Struct):
        return True
    return value is not MISSING and bool(value)


def text_of(value: Any) -> str:
    """The value as `%v` prints it; weigh it first where it may be large."""
    kind_of = type(value)
    if kind_of is str:
        return str(value)
    if value is None or value is MISSING:
        return "<nil>"
    if kind_of is bool:
        return "true" if value else "false"
    if isinstance(value, Stringer):
        return value.go_string()
    if isinstance(value, float):
        return floats.text(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, list):
        return "[" + " ".join(map(text_of, value)) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{text_of(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, Struct):
        return "{" + " ".join(map(text_of, value.go_fields().values())) + "}"
    if isinstance(value, complex):
        imaginary = floats.text(value.imag)
        return f"({floats.text(value.real)}{'' if imaginary[0] in '+-' else '+'}{imaginary}i)"
    return str(value)


def printed(value: Any) -> str:
    """The value as an action prints it."""
    if value is None or value is MISSING:
        return "<no value>"
    if isinstance(value, list | dict):
        weight(value)
    return text_of(value)


_NODE_BYTES: Final = 16  # what an item costs beside its text: so many items take time as well
_DEPTH: Final = 200  # nested deeper than any parameter; Python's own recursion limit is near


def weight(*given: Any) -> int:
    """The bytes that the texts of values take, shared parts counted as often as they appear.

    Raises:
        CallError: more than the template budget, nested too deep, or a value contains itself.
    """
    budget = bounds.TEMPLATE_OUTPUT_BYTES
    layer: list[Any] = list(given)
    depth = 0
    while layer:
        deeper: list[Any] = []
        for item in layer:
            budget -= _NODE_BYTES + (len(item) if isinstance(item, str) else 0)
            if isinstance(item, dict):
                budget -= sum(map(len, item))
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
            if budget < 0 or len(deeper) * _NODE_BYTES > bounds.TEMPLATE_OUTPUT_BYTES:
                raise CallError(f"value is larger than {bounds.TEMPLATE_OUTPUT_BYTES} bytes")
        depth += 1
        if depth > _DEPTH:
            raise CallError(f"value is nested deeper than {_DEPTH}")
        layer = deeper
    return bounds.TEMPLATE_OUTPUT_BYTES - budget


_SHOWN: Final = 200  # characters of a value that a message may hold


def short(value: Any) -> str:
    """The value for a message, cut where it is long."""
    try:
        weight(value)
    except CallError:
        return f"a large {kind(value)}"
    text = text_of(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
