"""Constants as Go writes them: strings, runes and numbers."""

from __future__ import annotations

import re

from dokaseca.generate.templates.gotemplate.errors import ParseError
from dokaseca.generate.templates.gotemplate.lexer import Token

_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))", re.S
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_DIGITS = 400  # longer than any float64 written out; Python refuses to convert far longer ones


def value(token: Token) -> int | float | str:
    """What a string, rune or number token stands for.

    Raises:
        ParseError: bad syntax, or a number that no int64 or float64 holds.
    """
    if token.kind in ("string", "raw"):
        return unquote(token)
    if token.kind == "char":
        text = _unescape(token.text[1:-1], token)
        if len(text) != 1:
            raise ParseError(f"malformed character constant: {token.text}", token.offset)
        return ord(text)
    return _number(token)


def unquote(token: Token) -> str:
    """The text of a quoted or raw string token."""
    return token.text[1:-1] if token.kind == "raw" else _unescape(token.text[1:-1], token)


def _unescape(text: str, token: Token) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        simple, hex2, hex4, hex8, octal, bad = match.groups()
        if simple is not None:
            return _SIMPLE.get(simple, simple)
        if bad is not None:
            raise ParseError("invalid syntax", token.offset)
        code = int(octal, 8) if octal else int(hex2 or hex4 or hex8, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise ParseError("invalid syntax", token.offset)
        return chr(code)

    return _ESCAPE.sub(replace, text)


def _number(token: Token) -> int | float:
    text = token.text.replace("_", "")
    if len(text) > _DIGITS:
        raise ParseError(f"bad number syntax: {text[:20]}...", token.offset)
    if _INTEGER.match(text):
        number = _integer(text)
        if not -(1 << 63) <= number < 1 << 63:
            raise ParseError(f"integer overflow: {text}", token.offset)
        return number
    try:
        return float(text)
    except ValueError:
        raise ParseError(f"bad number syntax: {text}", token.offset) from None


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    base = 10
    if len(digits) > 1 and digits[0] == "0":
        base = {"x": 16, "b": 2, "o": 8}.get(digits[1].lower(), 8)
        digits = digits.lstrip("0xXbBoO") or "0" if base in (2, 8) else digits[2:]
    return -int(digits, base) if text[0] == "-" else int(digits, base)
