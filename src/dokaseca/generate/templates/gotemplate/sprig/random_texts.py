"""Sprig: random texts, from the operating system's random numbers."""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Callable
from typing import Final

from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import HEAVY, Function, fn
from dokaseca.generate.templates.gotemplate.sprig import convert
from dokaseca.kit import bounds

_SYSTEM: Final = secrets.SystemRandom()
_PRINTABLE: Final = "".join(map(chr, range(32, 127)))


def _of(alphabet: str) -> Callable[[int], str]:
    """A function from a count to so many characters of `alphabet`, all alike likely."""
    usable = 256 - 256 % len(alphabet)
    table = bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256))
    unusable = bytes(range(usable, 256))

    def pick(count: int) -> str:
        if count <= 0:
            return ""
        convert.checked_count(count, bounds.TEMPLATE_OUTPUT_BYTES, "the text")
        letters = b""
        while len(letters) < count:
            letters += secrets.token_bytes(2 * (count - len(letters))).translate(table, unusable)
        return letters[:count].decode()

    return pick


def _shuffle(whole: str) -> str:
    letters = list(whole)
    _SYSTEM.shuffle(letters)
    return "".join(letters)


def _rand_int(low: int, high: int) -> int:
    if high <= low:
        raise CallError("invalid argument to Intn")
    return low + secrets.randbelow(high - low)


FUNCTIONS: Final[dict[str, Function]] = {
    "randAlphaNum": fn("i", _of(string.ascii_letters + string.digits)),
    "randAlpha": fn("i", _of(string.ascii_letters)),
    "randAscii": fn("i", _of(_PRINTABLE)),
    "randNumeric": fn("i", _of(string.digits)),
    "randInt": fn("ii", _rand_int),
    "shuffle": fn("s", _shuffle, HEAVY),
    "uuidv4": fn("", lambda: str(uuid.uuid4())),
}
