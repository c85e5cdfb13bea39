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
    """`first_name` to `FirstName`; leading and trailing underscores stay, of several connectors all but one."""
    body = text.strip("_")
    if not body:
        return text
    lead = text[: len(text) - len(text.lstrip("_"))]
    trail = text[len(text.rstrip("_")) :]
    out = []
    upper_next, in_connectors = True, False
    for character in body:
        if character in _CONNECTORS:
            out.append(character if in_connectors else "")
            upper_next = in_connectors = True
            continue
        out.append(character.upper() if upper_next else character)
        upper_next = in_connectors = False
    return lead + "".join(out) + trail


def _delimited(text: str, connector: str) -> str:
    words: list[str] = []
    word = ""
    for at, character in enumerate(text):
        if character in _CONNECTORS:
            words.append(word)
            word = ""
            continue
        if _starts_word(word, character, text[at + 1 :]):
            words.append(word)
            word = ""
        word += character
    words.append(word)
    return connector.join(part.lower() for part in words)


def _starts_word(word: str, character: str, rest: str) -> bool:
    """Whether `character` begins a word: an upper-case letter, or digits that a lower-case letter follows."""
    if not word:
        return False
    previous = word[-1]
    if character.isupper():
        return not previous.isupper() or (rest[:1].islower() and previous.isalpha())
    return character.isdigit() and previous.isalpha() and rest.lstrip("0123456789")[:1].islower()
