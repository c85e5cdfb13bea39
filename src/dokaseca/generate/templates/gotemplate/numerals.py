"""strconv's readers: integers and floats as Go writes them, with what goes wrong told as a word."""

from __future__ import annotations

import re
from typing import Final

SYNTAX: Final = "invalid syntax"
RANGE: Final = "value out of range"

_DIGITS: Final = 400  # longer than any int64 or float64 written out; Python refuses to convert far longer ones
_INT64: Final = 1 << 63
_PREFIXED: Final = re.compile(
    r"(?:0[xX](?P<x>(?:_?[0-9a-fA-F])+)|0[bB](?P<b>(?:_?[01])+)|0[oO]?(?P<o>(?:_?[0-7])+)|(?P<d>0|[1-9](?:_?[0-9])*))\Z"
)
_BASES: Final = {"x": 16, "b": 2, "o": 8, "d": 10}
_PLAIN: Final = {8: re.compile(r"[0-7]+\Z"), 10: re.compile(r"[0-9]+\Z")}
_NUMBER: Final = r"[0-9](?:_?[0-9])*"
_FLOAT: Final = re.compile(rf"[+-]?(?:{_NUMBER}\.?|(?:{_NUMBER})?\.{_NUMBER}|{_NUMBER}\.)(?:[eE][+-]?{_NUMBER})?\Z")
_HEX: Final = r"[0-9a-fA-F](?:_?[0-9a-fA-F])*"
_HEX_FLOAT: Final = re.compile(rf"[+-]?0[xX]_?(?:{_HEX}\.?|(?:{_HEX})?\.{_HEX}|{_HEX}\.)[pP][+-]?{_NUMBER}\Z")
_NAMED_FLOAT: Final = re.compile(r"(?:[+-]?inf(?:inity)?|nan)\Z", re.IGNORECASE)


def unsigned_or_none(text: str, base: int = 0) -> int | None:
    """The number of digits alone; base 0 reads 0x, 0b, 0o, a leading 0 as octal, and underscores between digits."""
    if len(text) > _DIGITS:
        return None
    if base:
        return int(text, base) if _PLAIN[base].match(text) else None
    match = _PREFIXED.match(text)
    if match is None:
        return None
    name = str(match.lastgroup)
    return int(match[name].replace("_", ""), _BASES[name])


def integer(text: str, base: int = 0) -> tuple[int, str]:
    """strconv.ParseInt to 64 bits: (number, ""), or what Go gives with an error: 0, or the limit when out of range."""
    is_negative = text[:1] == "-"
    size = unsigned_or_none(text[1:] if text[:1] in ("+", "-") else text, base)
    if size is None:
        return 0, SYNTAX
    if is_negative and size > _INT64:
        return -_INT64, RANGE
    if not is_negative and size >= _INT64:
        return _INT64 - 1, RANGE
    return -size if is_negative else size, ""


def real(text: str) -> tuple[float, str]:
    """strconv.ParseFloat: (number, "") or what Go gives with an error: 0, or an infinity when out of range."""
    if len(text) > _DIGITS:
        return 0.0, SYNTAX
    if _NAMED_FLOAT.match(text):
        return float(text), ""
    try:
        if _HEX_FLOAT.match(text):
            return float.fromhex(text.replace("_", "")), ""
        if not _FLOAT.match(text):
            return 0.0, SYNTAX
        number = float(text.replace("_", ""))
    except OverflowError:
        number = float("inf")
    if number in (float("inf"), float("-inf")):
        return number, RANGE
    return number, ""
