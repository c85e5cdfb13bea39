"""strconv.Quote and its kin: texts and characters as Go source."""

from __future__ import annotations

import re
from typing import Final

_NAMED: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}
_SPECIAL: Final = re.compile(r"[^ !#-\[\]-~]")
_NOT_RAW: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f`\ufeff\ud800-\udfff]")
_REPLACEMENT: Final = 0xFFFD


def quote(text: str, *, ascii_only: bool = False) -> str:
    """A double-quoted Go string."""
    return '"' + _SPECIAL.sub(lambda match: _escaped(match.group(), '"', ascii_only), text) + '"'


def quote_rune(code: int, *, ascii_only: bool = False) -> str:
    """A character constant; what is no character becomes U+FFFD."""
    return "'" + _escaped(rune(code), "'", ascii_only) + "'"


def rune(code: int) -> str:
    """The character of a code point; U+FFFD for what is none."""
    return chr(code if is_rune(code) else _REPLACEMENT)


def is_rune(code: int) -> bool:
    """Whether Unicode has a character of that number."""
    return 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF


def may_be_raw(text: str) -> bool:
    """Whether backquotes can hold `text` unchanged."""
    return _NOT_RAW.search(text) is None


def _escaped(character: str, delimiter: str, ascii_only: bool) -> str:
    if character == delimiter:
        return "\\" + character
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable() and (code < 0x80 or not ascii_only):
        return character
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
