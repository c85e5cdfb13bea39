"""Reads HCL as far as it is data: attributes and blocks with their places; what only Terraform can evaluate is said so.

Made for tfvars files, whose values are constants, and for finding out what `.tf` files declare. Libraries for HCL lose
the lines, without which nobody can be told where to look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from dokaseca.bridge.hcl_tokens import HclError, Source, Token, tokens
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError

FILE_BYTES: Final = 4 * 1024 * 1024  # a thousand times the largest of the public control planes

Path: TypeAlias = tuple[str | int, ...]
_WORDS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}
_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


@dataclass(frozen=True, slots=True)
class Unknown:
    """An expression that only Terraform can evaluate, as written (on one line)."""

    text: str


@dataclass(slots=True)
class Body:
    """A file or a block.

    Attributes:
        values: by attribute name: texts, numbers, booleans, None, lists, mappings, or `Unknown` anywhere.
        lines: where each value stands, by its path; counted from 1.
        blocks: in the order of the file.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" ... { body }`"""

    type: str
    labels: tuple[str, ...]
    body: Body
    line: int


def read(content: bytes, *, subject: str) -> Body:
    """The file's attributes and blocks.

    Raises:
        UserError: reason InvalidHCL: `subject:line:column: what is wrong`.
    """
    if len(content) > FILE_BYTES:
        raise UserError(f"{subject}: is larger than {FILE_BYTES // 2**20} MiB", reason="InvalidHCL")
    try:
        source = Source(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UserError(f"{subject}: is not UTF-8 text", reason="InvalidHCL") from error
    try:
        return _Reader(source).file()
    except HclError as error:
        raise UserError(f"{subject}:{error.line}:{error.column}: {error.message}", reason="InvalidHCL") from error


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens = list(tokens(source))
        self._at = 0
        self._depth = 0
        self._body = Body()

    def file(self) -> Body:
        self._fill(self._body, is_block=False)
        return self._body

    # --- bodies -----------------------------------------------------------------------------------------------------

    def _fill(self, body: Body, *, is_block: bool) -> None:
        """Attributes and blocks up to the closing brace, or to the end of the file."""
        outer, self._body = self._body, body
        while True:
            self._skip_newlines()
            token = self._next()
            if token.text == "}" if is_block else token.kind == "end":
                break
            if token.kind != "name":
                raise self._error("expected the name of an attribute or block", token)
            if self._peek().text == "=":
                self._attribute(token)
            else:
                self._block(token)
        self._body = outer

    def _attribute(self, name: Token) -> None:
        if name.text in self._body.values:
            first = self._body.lines[(name.text,)]
            raise self._error(f"{name.text} is set already in line {first}; keep one of them", name, is_whole=True)
        self._next()
        self._body.lines[(name.text,)] = self._line(name)
        self._body.values[name.text] = self._value((name.text,))
        self._end_of_line()

    def _block(self, name: Token) -> None:
        labels: list[str] = []
        while (token := self._next()).text != "{":
            if token.kind not in ("string", "name"):
                raise self._error(f"expected '=' or a block after {name.text}", token)
            labels.append(str(token.value) if token.kind == "string" else token.text)
        body = Body()
        self._deeper(token)
        self._fill(body, is_block=True)
        self._depth -= 1
        self._body.blocks.append(Block(name.text, tuple(labels), body, self._line(name)))
        self._end_of_line()

    def _end_of_line(self) -> None:
        token = self._peek()
        if token.kind not in ("newline", "end") and token.text != "}":
            raise self._error("expected the end of the line", token)

    # --- expressions ------------------------------------------------------------------------------------------------

    def _value(self, path: Path) -> Any:
        """One expression: a constant, or `Unknown`."""
        begin, known = self._at, len(self._body.lines)
        value = self._constant(path)
        if value is not _NONE and self._is_end(self._peek()):
            return value
        self._at = begin
        while len(self._body.lines) > known:  # what looked like a value is a part of something larger
            self._body.lines.popitem()
        return self._unknown()

    def _constant(self, path: Path) -> Any:
        """A constant that begins here, `_NONE` when something else does."""
        token = self._next()
        if token.kind == "string":
            return _NONE if token.value is None else token.value
        if token.kind == "number":
            return token.value
        if token.kind == "name" and token.text in _WORDS:
            return _WORDS[token.text]
        if token.text == "-" and self._peek().kind == "number":
            number = self._next().value
            assert isinstance(number, int | float)
            return -number
        if token.text in ("[", "{"):
            self._deeper(token)
            value = self._list(path) if token.text == "[" else self._object(path)
            self._depth -= 1
            return value
        return _NONE

    def _list(self, path: Path) -> Any:
        found: list[Any] = []
        while True:
            self._skip_newlines()
            token = self._peek()
            if token.text == "]":
                self._next()
                return found
            if token.text == "for":
                return _NONE
            where = (*path, len(found))
            self._body.lines[where] = self._line(token)
            found.append(self._value(where))
            self._skip_newlines()
            if self._peek().text == ",":
                self._next()
            elif self._peek().text != "]":
                raise self._error("expected ',' or ']'", self._peek())

    def _object(self, path: Path) -> Any:
        found: dict[str, Any] = {}
        while True:
            self._skip_newlines()
            token = self._next()
            if token.text == "}":
                return found
            if token.text == "for" or token.text == "(":
                return _NONE
            if token.kind not in ("name", "string", "number") or (token.kind == "string" and token.value is None):
                raise self._error("expected a key", token)
            if (after := self._next()).text not in ("=", ":"):
                raise self._error("expected '=' after the key", after)
            key = str(token.value) if token.kind == "string" else token.text
            self._body.lines[*path, key] = self._line(token)
            found[key] = self._value((*path, key))
            if self._peek().text == ",":
                self._next()
            elif self._peek().kind != "newline" and self._peek().text != "}":
                raise self._error("expected the end of the line, ',' or '}'", self._peek())

    def _unknown(self) -> Unknown:
        """Everything up to the end of the expression: a line break, comma or bracket that belongs to what is around."""
        first = last = self._peek()
        waiting: list[str] = []
        while waiting or not self._is_end(self._peek()):
            token = last = self._next()
            if token.kind == "end":
                raise self._error("the expression is not closed", first, is_whole=True)
            if token.text == "=" and not waiting:
                raise self._error("expected the end of the line", token)
            if token.text in _OPEN and token.kind == "mark":
                waiting.append(_OPEN[token.text])
            elif token.kind == "mark" and token.text in _CLOSE and waiting.pop() != token.text:
                raise self._error(f"unexpected {token.text!r}", token, is_whole=True)
        if first is last and self._is_end(first):
            raise self._error("expected a value", first)
        return Unknown(" ".join(self._source.text[first.start : last.end].split()))

    # --- tokens -----------------------------------------------------------------------------------------------------

    def _is_end(self, token: Token) -> bool:
        return token.kind in ("newline", "end") or (token.kind == "mark" and token.text in (",", "}", "]", ")"))

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _skip_newlines(self) -> None:
        while self._peek().kind == "newline":
            self._at += 1

    def _line(self, token: Token) -> int:
        return self._source.position(token.start)[0]

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > bounds.YAML_DEPTH:
            raise self._error(f"is nested deeper than {bounds.YAML_DEPTH} levels", token, is_whole=True)

    def _error(self, message: str, token: Token, *, is_whole: bool = False) -> HclError:
        if is_whole:
            return self._source.error(message, token.start)
        found = {"end": "the end of the file", "newline": "the end of the line"}.get(token.kind, repr(token.text[:40]))
        return self._source.error(f"{message}, not {found}", token.start)


_NONE: Final = object()
