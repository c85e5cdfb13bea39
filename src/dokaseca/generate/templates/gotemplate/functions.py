"""What a template may call: Go's built-in functions, sprig's generic ones, Argo CD's five."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import percent, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.printf import sprintf

_KIND_NAMES: Final = {"s": "string", "i": "int", "f": "float64", "b": "bool", "d": "map[string]interface {}"}


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes:
        kinds: one letter for each fixed parameter: s string, i int, f float64, b bool, d map, a anything (absent
            becomes None).
        variadic: the letter of further arguments, empty when there are none.
        takes_clock: whether `call` takes the Clock as its first argument.
        mutates: whether it changes a map that it is given.
    """

    call: Callable[..., Any]
    kinds: str = ""
    variadic: str = ""
    takes_clock: bool = False
    mutates: bool = False


def fn(kinds: str, call: Callable[..., Any], *, takes_clock: bool = False, mutates: bool = False) -> Function:
    """A Function from letters; a last letter followed by `*` is variadic."""
    variadic = kinds[-2] if kinds.endswith("*") else ""
    fixed = kinds[:-2] if variadic else kinds
    return Function(call, fixed, variadic, takes_clock, mutates)


def checked(kind: str, value: Any) -> Any:
    """`value` as an argument of `kind`.

    Raises:
        CallError: Go would not assign it.
    """
    if kind == "a":
        return None if value is values.MISSING else value
    name = _KIND_NAMES[kind]
    if value is values.MISSING or value is None:
        if kind == "d":
            return {}
        raise CallError(f"invalid value; expected {name}")
    if not _fits(kind, value):
        raise CallError(f"wrong type for value; expected {name}; got {values.type_name(value)}")
    return value


def _fits(kind: str, value: Any) -> bool:
    if kind == "s":
        return isinstance(value, str)
    if kind == "i":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "f":
        return isinstance(value, float)
    if kind == "b":
        return isinstance(value, bool)
    return isinstance(value, dict)


def index(item: Any, *keys: Any) -> Any:
    """Go's `index`.

    Raises:
        CallError: the item has no such index.
    """
    if item is None:
        raise CallError("index of untyped nil")
    for key in keys:
        if isinstance(item, list | str):
            item = _element(item, key)
        elif isinstance(item, dict):
            if not isinstance(key, str):
                raise CallError(f"value has type {values.type_name(key)}; should be string")
            item = item.get(key, "" if isinstance(item, values.StringMap) else None)
        elif item is None:
            raise CallError("index of nil pointer")
        else:
            raise CallError(f"can't index item of type {values.type_name(item)}")
    return item


def _element(item: Any, key: Any) -> Any:
    if key is None:
        raise CallError("cannot index slice/array with nil")
    if not isinstance(key, int) or isinstance(key, bool):
        raise CallError(f"cannot index slice/array with type {values.type_name(key)}")
    if not 0 <= key < len(item):
        raise CallError(f"index out of range: {key}")
    return ord(item[key]) if isinstance(item, str) else item[key]


def length(item: Any) -> int:
    """Go's `len`; strings count bytes."""
    if isinstance(item, str):
        return len(item.encode())
    if isinstance(item, list | dict):
        return len(item)
    if item is None:
        raise CallError("len of nil pointer")
    raise CallError(f"len of type {values.type_name(item)}")


def sprint(*items: Any) -> str:
    """fmt.Sprint: a blank between two operands when neither is a string."""
    values.require_bounded(list(items))
    out = ""
    for number, item in enumerate(items):
        if number and not isinstance(item, str) and not isinstance(items[number - 1], str):
            out += " "
        out += values.text_of(item)
    return out


def sprintln(*items: Any) -> str:
    """fmt.Sprintln."""
    values.require_bounded(list(items))
    return " ".join(map(values.text_of, items)) + "\n"


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise CallError("missing argument for comparison")
    return any(values.equal(first, other) for other in others)


def _text(items: tuple[Any, ...]) -> str:
    return items[0] if len(items) == 1 and isinstance(items[0], str) else sprint(*items)


def _html(*items: Any) -> str:
    return html.escape(_text(items)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;").replace("\0", "\ufffd")


_JS: Final = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def _js(*items: Any) -> str:
    text = _text(items)
    return "".join(_JS.get(c) or (f"\\u{ord(c):04X}" if c < " " else c) for c in text)


def _call(function: Any, *_: Any) -> Any:
    raise CallError(f"error calling call: non-function of type {values.type_name(function)}")


BUILTINS: Final[dict[str, Function]] = {
    "and": fn("aa*", lambda *items: items[-1]),  # compiled with short circuit
    "or": fn("aa*", lambda *items: items[-1]),
    "not": fn("a", lambda item: not values.is_true(item)),
    "len": fn("a", length),
    "index": fn("aa*", index),
    "print": fn("a*", sprint),
    "println": fn("a*", sprintln),
    "printf": fn("sa*", sprintf),
    "html": fn("a*", _html),
    "js": fn("a*", _js),
    "urlquery": fn("a*", lambda *items: percent.quote(_text(items), plus=True)),
    "call": fn("aa*", _call),
    "eq": fn("aa*", _eq),
    "ne": fn("aa", lambda left, right: not values.equal(left, right)),
    "lt": fn("aa", values.less),
    "le": fn("aa", lambda left, right: values.less(left, right) or values.equal(left, right)),
    "gt": fn("aa", lambda left, right: not (values.less(left, right) or values.equal(left, right))),
    "ge": fn("aa", lambda left, right: not values.less(left, right)),
}
