"""Texts as the bytes that Go sees: a cut through a character leaves lone bytes, kept as surrogate escapes."""

from __future__ import annotations

import re
from typing import Final

_LONE: Final = re.compile("[\udc80-\udcff]")
_FOREIGN: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_REPLACEMENT: Final = "\ufffd"


def encode(text: str) -> bytes:
    """The bytes of `text`; half surrogate pairs, which no Go string holds, become U+FFFD."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _FOREIGN.sub(_REPLACEMENT, text).encode("utf-8", "surrogateescape")


def decode(raw: bytes) -> str:
    """The text of `raw`, whatever it holds; `encode` gives the bytes back."""
    return raw.decode("utf-8", "surrogateescape")


def length(text: str) -> int:
    """Go's `len`."""
    return len(text) if text.isascii() else len(encode(text))


def cut(text: str, start: int, end: int) -> str:
    """`text[start:end]`, counted in bytes; both lie within the text."""
    return text[start:end] if text.isascii() else decode(encode(text)[start:end])


def joined(text: str) -> str:
    """`text` with lone bytes that stand together put together, where they make a character."""
    return text if text.isascii() or _LONE.search(text) is None else decode(encode(text))


def clean(text: str) -> str:
    """`text` as JSON and YAML hold it: each byte that belongs to no character becomes U+FFFD."""
    if text.isascii():
        return text
    return _FOREIGN.sub(_REPLACEMENT, _LONE.sub(_REPLACEMENT, joined(text)))


def runes(text: str) -> str:
    """Each byte as the character of that number, which is how goutils reads texts."""
    return text if text.isascii() else encode(text).decode("latin-1")
