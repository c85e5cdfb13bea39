"""Sprig: snake, kebab and Pascal case, by the words that huandu/xstrings sees in a text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from dokaseca.generate.templates.gotemplate import octets
from dokaseca.generate.templates.gotemplate.sprig import cases

# Kinds of characters, and of the words that begin with them.
_CONNECTOR: Final = "C"
_BLANK: Final = "B"  # a connector, too, but no punctuation
_PUNCTUATION: Final = "P"
_UPPER: Final = "U"
_LETTERS: Final = "L"
_NUMBER: Final = "N"
_OTHER: Final = "O"
_INVALID: Final = "I"
_SILENT: Final = frozenset({_CONNECTOR, _BLANK, _PUNCTUATION})  # before these stands no further connector
# `HTTPServer`: of several capitals before small letters the last belongs to the next word.
_WORD: Final = re.compile("[CB]+|P[PC]*|U(?!U)L*|U+(?=UL)|U+|L+|N+|O+")
_KINDS_KEPT: Final = 1024
_NO_CHARACTERS: Final = "".join(map(chr, range(0xDC80, 0xDD00))) + "\ufffd"  # lone bytes, and what stands for them
_SIGN: Final = re.compile(f"[{_NO_CHARACTERS}]*[^{_NO_CHARACTERS}]")
_CHINESE: Final = ((0x3400, 0x4D85), (0x4E00, 0x9FCC), (0x20000, 0x2B81D))  # each sign is a word of its own kind


class _Word(NamedTuple):
    kind: str
    text: str


def snake(text: str) -> str:
    """`FirstName` to `first_name`."""
    return _Joiner(text, "_").joined()


def kebab(text: str) -> str:
    """`FirstName` to `first-name`."""
    return _Joiner(text, "-").joined()


def pascal(text: str) -> str:
    """`first_name` to `FirstName`; leading connectors stay, of several in a row all but one.

    A word that begins with a capital gets small letters up to its first small one: `HTTPServer` is `Httpserver`.
    """
    text = octets.clean(text)
    start = 0
    while start < len(text) and _is_connector(text[start]):
        start += 1
    if start == len(text):
        return text + text[-1:]  # xstrings writes the last connector twice
    out = [text[:start]]
    was_upper = cases.is_upper(text[start])
    previous = cases.upper(text[start])
    for character in text[start + 1 :]:
        if _is_connector(previous) and not _is_connector(character):
            was_upper = cases.is_upper(character)
            previous = cases.upper(character)
            continue
        out.append(previous)
        was_upper = was_upper and cases.is_upper(character)
        previous = cases.lower(character) if was_upper else character
    return "".join([*out, previous])


# --- words --------------------------------------------------------------------------------------------------------


def _words(text: str) -> list[_Word]:
    """What is no character belongs to the one after it, at the end to the one before."""
    whole = text.rstrip(_NO_CHARACTERS)
    signs = _SIGN.findall(whole)
    kinds = "".join(_kind(sign[-1]) for sign in signs)
    found = [_Word(match.group()[0], "".join(signs[slice(*match.span())])) for match in _WORD.finditer(kinds)]
    if len(text) > len(whole):
        kind, last = found.pop() if found else (_INVALID, "")
        found.append(_Word(kind, last + text[len(whole) :]))
    return found


@lru_cache(maxsize=_KINDS_KEPT)
def _kind(character: str) -> str:
    if _is_connector(character):
        return _CONNECTOR if character in "-_" else _BLANK
    category = unicodedata.category(character)
    if category[0] == "P":
        return _PUNCTUATION
    if category == "Lu":
        return _UPPER
    if character.isalpha() and not any(low <= ord(character) <= high for low, high in _CHINESE):
        return _LETTERS
    return _NUMBER if category[0] == "N" else _OTHER


def _is_connector(character: str) -> bool:
    return character in "-_" or cases.is_blank(character)


# --- joining ------------------------------------------------------------------------------------------------------


class _Joiner:
    """Writes words in small letters with a connector between. A number belongs to the word before it, unless small
    letters follow: `Bld4Floor` is `bld4_floor`, `HTTP2xx` is `http_2xx`."""

    def __init__(self, text: str, connector: str) -> None:
        self._words = _words(text)
        self._connector = connector
        self._at = 0
        self._out: list[str] = []

    def joined(self) -> str:
        """The whole text."""
        while self._at < len(self._words) - 1:
            word = self._words[self._at]
            self._write(word)
            self._at += 1
            if word.kind == _NUMBER:
                self._write_number_tail()
            elif word.kind not in _SILENT:
                self._connect()
        for word in self._words[self._at :]:
            self._write(word)
        return "".join(self._out)

    def _write(self, word: _Word) -> None:
        if word.kind in (_CONNECTOR, _BLANK):
            signs = octets.clean(word.text)
            self._out.extend(self._connector if _is_connector(sign) else sign for sign in signs)
        elif word.kind == _UPPER:
            signs = octets.clean(word.text)
            self._out.extend(cases.lower(sign) if cases.is_upper(sign) else sign for sign in signs)
        else:
            self._out.append(word.text)

    def _kind(self) -> str:
        """Of the next word; of the end it is as of invalid text: no connector stands before it."""
        return self._words[self._at].kind if self._at < len(self._words) else _INVALID

    def _separate(self) -> None:
        if self._kind() not in _SILENT:
            self._out.append(self._connector)

    def _connect(self) -> None:
        """What stands between a word and the next one."""
        if self._kind() != _NUMBER:
            self._separate()
            return
        if self._at == len(self._words) - 1:
            return
        number = self._words[self._at]
        self._at += 1
        if self._kind() != _LETTERS:
            self._write(number)
            self._separate()
            return
        self._out.append(self._connector)
        self._write(number)
        self._write_number_tail()

    def _write_number_tail(self) -> None:
        """Letters and numbers after a number, and the connector after them."""
        while self._kind() in (_LETTERS, _NUMBER):
            self._write(self._words[self._at])
            self._at += 1
        if self._kind() != _INVALID:
            self._separate()
