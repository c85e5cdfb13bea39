"""Sprig: letter cases. Snake, kebab and Pascal case follow huandu/xstrings."""

from __future__ import annotations

import re
from typing import Final

_WORD_START: Final = re.compile(r"(^|[^\w]|(?<=[^\x00-\x7f\w]))([^\W\d_])")
_CONNECTORS: Final = "-_ \t\n\v\f\r\x85\xa0"


def title(text: str) -> str:
    """strings.Title: the first letter of each word in title case; ASCII punctuation and blanks part words."""
    return _WORD_START.sub(lambda match: match.group(1) + match.group(2).upper(), text)


def untitle(text: str) -> str:
    """goutils.Uncapitalize: the first letter after each blank in lower case."""
    out = []
    at_start = True
    for character in text:
        out.append(character.lower() if at_start else character)
        at_start = character.isspace()
    return "".join(out)


def swap(text: str) -> str:
    """goutils.SwapCase: upper to lower; lower to title case at the start of a word, else to upper."""
    return "".join(c.lower() if c.isupper() else c.upper() for c in text)


def snake(text: str) -> str:
    """`FirstName` to `first_name`."""
    return _delimited(text, "_")


def kebab(text: str) -> str:
    """`FirstName` to `first-name`."""
    return _delimited(text, "-")


def pascal(text: str) -> str:
    """`first_name` to `FirstName`; leading and trailing connectors stay."""
    body = text.strip("_")
    if not body:
        return text
    lead = text[: len(text) - len(text.lstrip("_"))]
    trail = text[len(text.rstrip("_")) :]
    out = []
    upper_next = True
    for character in body:
        if character in _CONNECTORS:
            upper_next = True
            continue
        out.append(character.upper() if upper_next else character)
        upper_next = False
    return lead + "".join(out) + trail


def _delimited(text: str, connector: str) -> str:
    words: list[str] = []
    word = ""
    for at, character in enumerate(text):
        following = text[at + 1] if at + 1 < len(text) else ""
        if character in _CONNECTORS:
            words.append(word)
            word = ""
            continue
        if _starts_word(word, character, following):
            words.append(word)
            word = ""
        word += character
    words.append(word)
    return connector.join(part.lower() for part in words)


def _starts_word(word: str, character: str, following: str) -> bool:
    if not word:
        return False
    previous = word[-1]
    if character.isupper():
        return not previous.isupper() or (following.islower() and previous.isalpha())
    if character.isdigit():
        return False
    return False
