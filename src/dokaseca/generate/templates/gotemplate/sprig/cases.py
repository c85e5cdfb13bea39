"""Sprig: letter cases, one character at a time as Go maps them."""

from __future__ import annotations

import unicodedata
from typing import Final

BLANKS: Final = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
_IS_BLANK: Final = frozenset(BLANKS)
_DOTTED_I: Final = "\u0130"  # its lower case has two characters in Python


def upper(text: str) -> str:
    """strings.ToUpper."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """strings.ToLower."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def _upper(character: str) -> str:
    mapped = character.upper()
    return mapped if len(mapped) == 1 else _title(character)


def _lower(character: str) -> str:
    return "i" if character == _DOTTED_I else character.lower()


def _title(character: str) -> str:
    mapped = character.title()
    return mapped if len(mapped) == 1 else character  # Go maps no character to several


def is_upper(character: str) -> bool:
    """unicode.IsUpper."""
    return character.isupper() and unicodedata.category(character) == "Lu"


def is_lower(character: str) -> bool:
    """unicode.IsLower."""
    return character.islower() and unicodedata.category(character) == "Ll"


def is_blank(character: str) -> bool:
    """unicode.IsSpace."""
    return character in _IS_BLANK


def title(text: str) -> str:
    """strings.Title: the first letter of each word in title case."""
    out = []
    after_separator = True
    for character in text:
        out.append(_title(character) if after_separator else character)
        after_separator = _is_separator(character)
    return "".join(out)


def _is_separator(character: str) -> bool:
    if character < "\x80":
        return not (character.isalnum() or character == "_")
    return not (character.isalpha() or character.isdecimal()) and is_blank(character)


def untitle(text: str) -> str:
    """goutils.Uncapitalize: the first letter after each blank in lower case."""
    out = []
    at_start = True
    for character in text:
        out.append(_lower(character) if at_start and not is_blank(character) else character)
        at_start = is_blank(character)
    return "".join(out)


def swap(text: str) -> str:
    """goutils.SwapCase: upper and title case to lower; lower to title case at the start of a word, else to upper."""
    out = []
    after_blank = True
    for character in text:
        if is_upper(character) or unicodedata.category(character) == "Lt":
            out.append(_lower(character))
            after_blank = False
        elif is_lower(character):
            out.append(_title(character) if after_blank else _upper(character))
            after_blank = False
        else:
            out.append(character)
            after_blank = is_blank(character)
    return "".join(out)
