"""What the runtime cannot do itself, and does once an expression's text is rewritten: objects and optional variables.

Expressions construct objects: `Object.spec{replicas: 3}`, `JSONPatch{op: "add"}`. The runtime constructs only messages
that it has descriptors for, so what is constructed becomes a map whose entry `TAG` is the type's name. The tag is a
number, which no JSON object has for a key: no data that an expression copies can pass for a constructed object.

Nor does the runtime take optional values from outside. A variable that holds one is given as a list of none or one, of
which the optional value is made where it is read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

from dokaseca.dock.cel import messages, syntax
from dokaseca.dock.cel.syntax import Node

TAG: Final = 0
OPTIONAL: Final = "OPTIONAL"  # the type of a variable that is given as a list
OBJECT: Final = "Object"
PATCH: Final = "JSONPatch"
_PATCH_FIELDS: Final = frozenset({"op", "path", "from", "value"})
# Texts that never end are taken to the end, so that reading takes one pass; the compiler says what is wrong with them.
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>(?:[rR][bB]?|[bB][rR])
            (?:\"{3}.*?(?:\"{3}|\Z)|'{3}.*?(?:'{3}|\Z)|"[^"\n]*+(?:"|$|\Z)|'[^'\n]*+(?:'|$|\Z))
        |[bB]?(?:\"{3}(?:[^\\"]|\\.|"(?!""))*+(?:\"{3}|\\?\Z)|'{3}(?:[^\\']|\\.|'(?!''))*+(?:'{3}|\\?\Z)
            |"(?:\\.|[^"\\\n])*+(?:"|\\?$|\\?\Z)|'(?:\\.|[^'\\\n])*+(?:'|\\?$|\\?\Z)))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*|`[^`\n]+`)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_NAME: Final = re.compile(r"(?:Object(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*|JSONPatch)\s*\{")
_DOTTED: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\s*\.\s*[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES: Final = (("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"), ("__underscores__", "__"))


class FieldError(Exception):
    """A constructed object with a field that it cannot have; the message is the compiler's, with the place."""


@dataclass
class Source:
    """A rewritten expression.

    Attributes:
        text: what the runtime compiles.
    """

    expression: str
    text: str = ""
    _out: list[int] = field(default_factory=list)
    _in: list[int] = field(default_factory=list)

    def _add(self, text: str, position: int) -> None:
        self._out.append(len(self.text))
        self._in.append(position)
        self.text += text

    def position(self, rewritten: int) -> int:
        """Where a place of the rewritten text stands in the expression."""
        found = bisect_right(self._out, rewritten) - 1
        end = self._in[found + 1] if found + 1 < len(self._in) else len(self.expression)
        return max(self._in[found], min(self._in[found] + rewritten - self._out[found], end - 1))

    def restored(self, message: str) -> str:
        """A compiler's message about the rewritten text, as about the expression."""

        def tell(rewritten: int, what: str) -> str:
            return syntax.describe(self.expression, self.position(rewritten), what)

        return messages.replaced(message, self.text, tell)


@dataclass
class _Frame:
    """One open bracket; `type_name` where an object is constructed in it."""

    type_name: str = ""
    is_field_next: bool = False


def as_list(expression: str) -> str:
    """An expression of an optional value, as a list of what that holds; needs `cel.bind`."""
    return f"cel.bind(found, (\n{expression}\n), found.hasValue() ? [found.value()] : [])"


def rewrite(expression: str, optionals: Collection[str] = (), *, has_objects: bool = False) -> Source:
    """The expression as the runtime takes it.

    Args:
        optionals: variables, with dots, that hold optional values.
        has_objects: whether objects may be constructed.

    Raises:
        FieldError: a constructed object has a field that it cannot have.
    """
    source, frames, before, at = Source(expression), [_Frame()], "", 0
    while at < len(expression):
        opening = _NAME.match(expression, at) if has_objects and before != "." else None
        dotted = _DOTTED.match(expression, at) if optionals and before != "." else None
        token = _TOKEN.match(expression, at)
        assert token is not None
        text = token[0]
        if opening is not None and token.lastgroup == "name":
            name = re.sub(r"\s", "", opening[0][:-1])
            source._add(f'{{{TAG}: dyn("{name}"), ', at)
            frames.append(_Frame(name, is_field_next=True))
            at, before = opening.end(), "{"
            continue
        if dotted is not None and (name := re.sub(r"\s", "", dotted[0])) in optionals:
            source._add(f"(size({name}) == 0 ? optional.none() : optional.of({name}[0]))", at)
            at, before = dotted.end(), name
            continue
        source._add(_token(token, frames, expression), at)
        at += len(text)
        before = before if token.lastgroup == "space" else text
    return source


def _token(token: re.Match[str], frames: list[_Frame], expression: str) -> str:
    text, here = token[0], frames[-1]
    if token.lastgroup == "space" or (here.is_field_next and text in ("?", ",")):
        return text
    if here.is_field_next and text != "}":
        here.is_field_next = False
        name = _field_name(text)
        if token.lastgroup != "name":
            raise FieldError(syntax.describe(expression, token.start(), f"Syntax error: mismatched input '{text}'"))
        if here.type_name == PATCH and name not in _PATCH_FIELDS:
            raise FieldError(syntax.describe(expression, token.start(), f"undefined field '{name}'"))
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if text in ("(", "[", "{"):
        frames.append(_Frame())
    elif text in (")", "]", "}") and len(frames) > 1:
        frames.pop()
    elif text == "," and here.type_name:
        here.is_field_next = True
    return text


def _field_name(text: str) -> str:
    """A field's name behind its escapes (apiserver/pkg/cel/escaping.go)."""
    if text.startswith("`"):
        return text[1:-1]
    if text.startswith("__") and text.endswith("__") and re.fullmatch(r"__[a-z]+__", text):
        return text[2:-2]
    for escaped, sign in _ESCAPES:
        text = text.replace(escaped, sign)
    return text


def type_of(node: Node) -> str:
    """The name of the type that an expression constructs, empty where its tree does not show one."""
    if node.kind == "map" and len(node.parts) > 1 and node.parts[1].name == "dyn":
        return node.parts[1].parts[0].text or ""
    if node.kind == "call" and node.name == "_?_:_":
        names = {type_of(part) for part in node.parts[1:]}
        return names.pop() if len(names) == 1 else ""
    return ""


def is_constructed(value: Any, name: str) -> bool:
    """Whether an evaluated value is an object of type `name`."""
    return isinstance(value, dict) and value.get(TAG) == name


def mismatches(value: Any, path: str) -> list[str]:
    """Constructed objects within `value` whose type's name is not that of the place where they stand."""
    found: list[str] = []
    if isinstance(value, dict):
        name = value.get(TAG)
        if name is not None and name != path:
            what = (
                f'unexpected type name "{name}", expected "{path}", which matches field name path from root Object type'
            )
            found.append(what)
        for key, below in value.items():
            found += mismatches(below, f"{path}.{key}" if name is not None else path)
    elif isinstance(value, list):
        for below in value:
            found += mismatches(below, path)
    return found
