"""How a function that templates may call is described: parameter types, costs, side effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from dokaseca.generate.templates.gotemplate import values
from dokaseca.generate.templates.gotemplate.errors import CallError

Weight: TypeAlias = Literal["light", "shallow", "heavy", "deep"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A parameter's type.

    Attributes:
        go_type: its name in messages.
        accepts: the Python type of its values, None for every one.
        nil: what stands for nil, None where nil is refused.
    """

    go_type: str
    accepts: type | None
    nil: Callable[[], Any] | None = None


KINDS: Final[dict[str, Kind]] = {
    "a": Kind("interface {}", None, lambda: None),
    "v": Kind("reflect.Value", None, lambda: values.MISSING),
    "s": Kind("string", str),
    "i": Kind("int", int),
    "u": Kind("uint32", values.Uint32),
    "f": Kind("float64", float),
    "b": Kind("bool", bool),
    "d": Kind("map[string]interface {}", dict, values.NilMap),
    "l": Kind("[]interface {}", list, values.NilList),
}
_ALSO: Final[dict[type | None, tuple[type, ...]]] = {dict: (values.NilMap,), list: (values.NilList,)}


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes:
        kinds: the types of its fixed parameters.
        variadic: the type of further arguments, None when there are none.
        takes_run: whether `call` takes the Run as its first argument.
        mutates: whether it may change a map or list that it is given.
        weight: what its time depends on: nothing, its arguments' length (heavily so, or not), or all that they hold.
        cost: steps that one call takes beside that.
    """

    call: Callable[..., Any]
    kinds: tuple[Kind, ...] = ()
    variadic: Kind | None = None
    takes_run: bool = False
    mutates: bool = False
    weight: Weight = "shallow"
    cost: int = 1


@dataclass(frozen=True, slots=True)
class Traits:
    """What is unusual about a function; the fields are Function's."""

    takes_run: bool = False
    mutates: bool = False
    weight: Weight = "shallow"
    cost: int = 1


_PLAIN: Final = Traits()
LIGHT: Final = Traits(weight="light")
DEEP: Final = Traits(weight="deep")
HEAVY: Final = Traits(weight="heavy")


def fn(letters: str, call: Callable[..., Any], traits: Traits = _PLAIN, kinds: dict[str, Kind] = KINDS) -> Function:
    """A Function from one letter of KINDS for each parameter; a last letter followed by `*` is variadic."""
    variadic = kinds[letters[-2]] if letters.endswith("*") else None
    fixed = letters[:-2] if variadic else letters
    return Function(
        call,
        tuple(kinds[letter] for letter in fixed),
        variadic,
        traits.takes_run,
        traits.mutates,
        traits.weight,
        traits.cost,
    )


def checked(kind: Kind, value: Any) -> Any:
    """`value` as an argument of `kind`.

    Raises:
        CallError: Go would not assign it.
    """
    if value is values.MISSING:
        if kind.nil is None:
            raise CallError(f"invalid value; expected {kind.go_type}")
        return kind.nil()
    if kind.accepts is None:
        return value
    if value is None:
        raise CallError(f"wrong type for value; expected {kind.go_type}; got interface {{}}")
    if type(value) is kind.accepts or isinstance(value, _ALSO.get(kind.accepts, ())):
        return value
    if values.type_name(value) != kind.go_type:
        raise CallError(f"wrong type for value; expected {kind.go_type}; got {values.type_name(value)}")
    return value
