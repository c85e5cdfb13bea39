"""Go's own template functions."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import compare, octets, percent, values
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import DEEP, LIGHT, Function, fn
from dokaseca.generate.templates.gotemplate.printf import sprintf


def _index(item: Any, *keys: Any) -> Any:
    if item is None or item is values.MISSING:
        raise CallError("index of untyped nil")
    for key in keys:
        if isinstance(item, list | str):
            item = _element(item, key)
        elif isinstance(item, dict):
            item = item.get(_key(key), "" if isinstance(item, values.StringMap) else None)
        elif item is None:
            raise CallError("index of nil pointer")
        else:
            raise CallError(f"can't index item of type {_dereferenced(item)}")
    return item


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if values.is_nil(key) and not isinstance(key, list | dict):
        raise CallError("value is nil; should be of type string")
    raise CallError(f"value has type {values.type_name(key)}; should be string")


def _element(item: list[Any] | str, key: Any) -> Any:
    if key is None or key is values.MISSING:
        raise CallError("cannot index slice/array with nil")
    if not isinstance(key, int) or isinstance(key, bool):
        raise CallError(f"cannot index slice/array with type {values.type_name(key)}")
    size = octets.length(item) if isinstance(item, str) else len(item)
    if not 0 <= key <= size:
        raise CallError(f"index out of range: {int(key)}")
    if key == size:
        what = "string" if isinstance(item, str) else "slice"
        raise CallError(f"reflect: {what} index out of range")
    return values.Uint8(octets.encode(item)[key]) if isinstance(item, str) else item[key]


def _length(item: Any) -> int:
    if isinstance(item, str):
        return octets.length(item)
    if isinstance(item, list | dict):
        return len(item)
    if item is values.MISSING:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    if item is None:
        raise CallError("len of nil pointer")
    raise CallError(f"len of type {_dereferenced(item)}")


def _dereferenced(item: Any) -> str:
    """The type of a value, or of what it points to."""
    return values.type_name(item).removeprefix("*")


def sprint(*items: Any) -> str:
    """fmt.Sprint: a blank between two operands when neither is a string."""
    out: list[str] = []
    was_text = True
    for item in items:
        is_text = isinstance(item, str)
        out.append(values.text_of(item) if is_text or was_text else f" {values.text_of(item)}")
        was_text = is_text
    return "".join(out)


def sprintln(*items: Any) -> str:
    """fmt.Sprintln."""
    return " ".join(map(values.text_of, items)) + "\n"


def _text(items: tuple[Any, ...]) -> str:
    return sprint(*("<no value>" if item is None else item for item in items))


def _html(*items: Any) -> str:
    escaped = html.escape(_text(items))
    return escaped.replace("&quot;", "&#34;").replace("&#x27;", "&#39;").replace("\0", "\ufffd")


_JS: Final = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}
_JS_SPECIAL: Final = re.compile(r"""[\\'"<>&=\x00-\x1f]|[^\x00-\x7f]""")


def _js(*items: Any) -> str:
    return _JS_SPECIAL.sub(lambda match: _js_escaped(match.group()), octets.clean(_text(items)))


def _js_escaped(character: str) -> str:
    if character in _JS:
        return _JS[character]
    return character if character >= "\x80" and character.isprintable() else f"\\u{ord(character):04X}"


def call_of(source: str | None) -> Function:
    """`call`, which tells its first argument as it is written; None when that is piped in."""

    def call(function: Any, *_: Any) -> Any:
        if values.is_nil(function) and not isinstance(function, list | dict):
            raise CallError("call of nil")
        kind = values.type_name(function)
        name = source if source is not None else function if isinstance(function, str) else f"<{kind} Value>"
        raise CallError(f"non-function {name} of type {kind}")

    return fn("vv*", call, LIGHT)


def _unused(*_: Any) -> Any:
    raise CallError("evaluated without a call")


FUNCTIONS: Final[dict[str, Function]] = {
    "and": fn("vv*", _unused, LIGHT),  # compiled with short circuit
    "or": fn("vv*", _unused, LIGHT),
    "call": call_of(None),
    "not": fn("v", lambda item: not values.is_true(item), LIGHT),
    "len": fn("v", _length, LIGHT),
    "index": fn("vv*", _index, LIGHT),
    "print": fn("a*", sprint, DEEP),
    "println": fn("a*", sprintln, DEEP),
    "printf": fn("sa*", sprintf, DEEP),
    "html": fn("a*", _html, DEEP),
    "js": fn("a*", _js, DEEP),
    "urlquery": fn("a*", lambda *items: percent.quote(_text(items), plus=True), DEEP),
    "eq": fn("vv*", compare.eq, LIGHT),
    "ne": fn("vv", compare.ne, LIGHT),
    "lt": fn("vv", compare.lt, LIGHT),
    "le": fn("vv", compare.le, LIGHT),
    "gt": fn("vv", compare.gt, LIGHT),
    "ge": fn("vv", compare.ge, LIGHT),
}
