"""Constants as Go writes them: texts, characters and numbers."""

from __future__ import annotations

import re
from typing import Final

from dokaseca.generate.templates.gotemplate import numerals, octets
from dokaseca.generate.templates.gotemplate.errors import ParseError
from dokaseca.generate.templates.gotemplate.lexer import Token
from dokaseca.generate.templates.gotemplate.nodes import Number

_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))", re.DOTALL
)
_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_COMPLEX: Final = re.compile(r"(.*[0-9.])([+-].*)i\Z")
_LIKE_A_FLOAT: Final = frozenset(".eEpP")


def unquoted(token: Token) -> str:
    """The text that a quoted or raw string token stands for.

    Raises:
        ParseError: an escape that Go does not know.
    """
    if token.kind == "raw":
        return token.text[1:-1].replace("\r", "")
    return _unescaped(token.text[1:-1], token, quote='"')


def number(token: Token) -> Number:
    """What a number or character token stands for.

    Raises:
        ParseError: no number, or one that no type holds.
    """
    if token.kind == "char_constant":
        text = _unescaped(token.text[1:-1], token, quote="'")
        if len(text) != 1:
            complaint = f"malformed character constant: {token.text}" if text else "invalid syntax"
            raise ParseError(complaint, token.offset)
        code = ord(text) - 0xDC00 if "\udc80" <= text <= "\udcff" else ord(text)
        return Number(token.text, token.offset, code, code, float(code))
    if token.kind == "complex":
        return _complex(token)
    return _imaginary_or_none(token) or _real(token)


def _unescaped(text: str, token: Token, quote: str) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        simple, byte, short, long, octal, bad = match.groups()
        if simple is not None and simple not in ("'", '"'):
            return _SIMPLE.get(simple, simple)
        if simple == quote:
            return simple
        code = int(octal, 8) if octal else int(byte or short or long or "110000", 16)
        if (
            bad is not None
            or simple is not None
            or code > 0x10FFFF
            or 0xD800 <= code <= 0xDFFF
            or (octal and code > 255)
        ):
            raise ParseError("invalid syntax", token.offset)
        return chr(code) if code < 0x80 or not (octal or byte) else chr(0xDC00 + code)

    return octets.joined(_ESCAPE.sub(replace, text))


def _real(token: Token) -> Number:
    text = token.text
    integer, problem = numerals.integer(text)
    unsigned = numerals.unsigned_or_none(text)
    unsigned = unsigned if unsigned is not None and unsigned < 1 << 64 else None
    if not problem:
        return Number(text, token.offset, integer, unsigned if integer else 0, float(integer))
    if unsigned is not None:
        return Number(text, token.offset, None, unsigned, float(unsigned))
    real, problem = numerals.real(text)
    if problem:
        raise ParseError(f'illegal number syntax: "{text}"', token.offset)
    if not _LIKE_A_FLOAT.intersection(text):
        raise ParseError(f'integer overflow: "{text}"', token.offset)
    return Number(text, token.offset, *_whole(real), real)


def _whole(real: float) -> tuple[int | None, int | None]:
    """A float as int64 and uint64, where it is one."""
    if not real.is_integer():
        return None, None
    whole = int(real)
    return whole if -(1 << 63) <= whole < 1 << 63 else None, whole if 0 <= whole < 1 << 64 else None


def _imaginary_or_none(token: Token) -> Number | None:
    if not token.text.endswith("i"):
        return None
    size, problem = numerals.real(token.text[:-1])
    return None if problem else _from_complex(token, complex(0.0, size))


def _complex(token: Token) -> Number:
    match = _COMPLEX.match(token.text)
    parts = [numerals.real(part) for part in match.groups()] if match else [(0.0, numerals.SYNTAX)]
    if any(problem for _, problem in parts):
        raise ParseError(f'illegal number syntax: "{token.text}"', token.offset)
    return _from_complex(token, complex(parts[0][0], parts[1][0]))


def _from_complex(token: Token, value: complex) -> Number:
    if value.imag:
        return Number(token.text, token.offset, imaginary=value)
    return Number(token.text, token.offset, *_whole(value.real), value.real, value)
