"""encoding/json's reader: numbers become float64; what is no JSON is told in Go's words."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import octets, quoting
from dokaseca.generate.templates.gotemplate.errors import CallError

_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_TEXT: Final = re.compile(r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_HEX_PREFIX: Final = re.compile(r"[0-9a-fA-F]{0,4}")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)?(?:(?<=[0-9])\.[0-9]+)?(?:(?<=[0-9])[eE][+-]?[0-9]+)?")
_HALF: Final = re.compile("[\ud800-\udfff]")
_LITERALS: Final = {"t": "true", "f": "false", "n": "null"}
_TOKENS: Final = (
    *("in literal", "in numeric literal", "after decimal point", "in exponent"),
    *("in string escape code", "in \\u hexadecimal"),
)
_END: Final = "unexpected end of JSON input"


def loads(text: str) -> Any:
    """A JSON value.

    Raises:
        CallError: not JSON, nested too deep, or a number beyond float64.
    """
    cleaned = octets.clean(text)
    try:
        found = json.loads(cleaned, parse_int=_number, parse_float=_number, parse_constant=_refuse)
    except RecursionError as error:
        raise CallError("exceeded max depth") from error
    except ValueError as error:
        raise CallError(_Scanner(text).complaint()) from error
    return _whole(found) if "\\u" in cleaned else found


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise CallError(f"json: cannot unmarshal number {text[:40]} into Go value of type float64")
    return number


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _whole(value: Any) -> Any:
    """The value with half surrogate pairs as U+FFFD, which is how Go reads them."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


class _Scanner:
    """Finds the first character that cannot be part of a JSON text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def complaint(self) -> str:
        """What is wrong; there must be something."""
        open_brackets: list[str] = []
        problem = self._value(open_brackets)
        while not problem:
            self._blanks()
            if not open_brackets:
                problem = self._bad("after top-level value")
            elif self._text.startswith(open_brackets[-1], self._at):
                open_brackets.pop()
                self._at += 1
            elif self._text.startswith(",", self._at):
                self._at += 1
                problem = self._key() if open_brackets[-1] == "}" else ""
                problem = problem or self._value(open_brackets)
            else:
                is_list = open_brackets[-1] == "]"
                problem = self._bad("after array element" if is_list else "after object key:value pair")
        return problem

    def _blanks(self) -> None:
        match = _BLANKS.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _bad(self, where: str) -> str:
        if self._at < len(self._text):
            character = chr(octets.encode(self._text[self._at])[0])
        elif where.startswith(_TOKENS):
            character = " "  # at the end Go looks whether a blank may follow
        else:
            return _END
        shown = {"'": "\\'", '"': '"'}.get(character, quoting.quote(character)[1:-1])
        return f"invalid character '{shown}' {where}"

    def _value(self, open_brackets: list[str]) -> str:
        """Pass the beginning of a value, scalars whole; what is wrong with it."""
        self._blanks()
        character = self._text[self._at : self._at + 1]
        if character == '"':
            return self._string()
        if character == "[":
            return self._open(open_brackets, "]")
        if character == "{":
            return self._open(open_brackets, "}")
        if character in _LITERALS:
            return self._literal(_LITERALS[character])
        if character and character in "-0123456789":
            return self._numeric()
        return self._bad("looking for beginning of value")

    def _open(self, open_brackets: list[str], closing: str) -> str:
        open_brackets.append(closing)
        self._at += 1
        self._blanks()
        if self._text.startswith(closing, self._at):
            return ""
        return (self._key() if closing == "}" else "") or self._value(open_brackets)

    def _key(self) -> str:
        self._blanks()
        if not self._text.startswith('"', self._at):
            return self._bad("looking for beginning of object key string")
        problem = self._string()
        if problem:
            return problem
        self._blanks()
        if not self._text.startswith(":", self._at):
            return self._bad("after object key")
        self._at += 1
        return ""

    def _string(self) -> str:
        match = _TEXT.match(self._text, self._at + 1)
        self._at = match.end() if match else self._at
        if self._text.startswith('"', self._at):
            self._at += 1
            return ""
        if not self._text.startswith("\\", self._at):
            return self._bad("in string literal")
        self._at += 1
        if not self._text.startswith("u", self._at):
            return self._bad("in string escape code")
        digits = _HEX_PREFIX.match(self._text, self._at + 1)
        self._at = digits.end() if digits else self._at
        return self._bad("in \\u hexadecimal character escape")

    def _literal(self, word: str) -> str:
        for letter in word:
            if not self._text.startswith(letter, self._at):
                return self._bad(f"in literal {word} (expecting '{letter}')")
            self._at += 1
        return ""

    def _numeric(self) -> str:
        match = _NUMBER.match(self._text, self._at)
        self._at = match.end() if match else self._at
        if self._text[self._at - 1] == "-":
            return self._bad("in numeric literal")
        following = self._text[self._at : self._at + 1]
        digits = self._text[match.start() : self._at] if match else ""
        if following == "." and not set(".eE").intersection(digits):
            self._at += 1
            return self._bad("after decimal point in numeric literal")
        if following and following in "eE" and not set("eE").intersection(digits):
            self._at += 1
            self._at += self._text[self._at : self._at + 1] in ("+", "-")
            return self._bad("in exponent of numeric literal")
        return ""
