"""Sprig: base64, base32 and JSON."""

from __future__ import annotations

import base64
import re
from typing import Any, Final

from dokaseca.generate.templates.gotemplate import json_in, json_out, octets
from dokaseca.generate.templates.gotemplate.errors import CallError
from dokaseca.generate.templates.gotemplate.functions import DEEP, Function, fn

_BASE64: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_BASE32: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_WHOLE_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")
_BREAKS: Final = frozenset("\r\n")


def decode_base64(text: str) -> bytes:
    """The bytes of a base64 text; line breaks do not count.

    Raises:
        CallError: what is no base64, as Go says it.
    """
    compact = text.replace("\r", "").replace("\n", "")
    if not _WHOLE_BASE64.match(compact):
        raise CallError(f"illegal base64 data at input byte {_bad_base64(text)}")
    return base64.b64decode(compact)


def _bad_base64(text: str) -> int:
    """Where Go's decoder stops: groups of four, of which only the last may be padded."""
    place = 0  # within the group
    padding = 0
    for at, character in enumerate(text):
        if character in _BREAKS:
            continue
        if padding:
            if padding == 1 and place == 2 and character == "=":
                padding = 2
                continue
            return at - 1 if padding == 1 and place == 2 else at
        if character == "=" and place >= 2:
            padding = 1
        elif character not in _BASE64:
            return at
        else:
            place = (place + 1) % 4
    return len(text) if padding else len(text) - place


def _decode_base32(text: str) -> str:
    """Groups of eight characters; what comes after a padded group does not count."""
    compact = text.replace("\r", "").replace("\n", "")
    bits = 0
    for at, character in enumerate(compact):
        place = at % 8
        rest = len(compact) - at - 1
        if character == "=" and place >= 2 and rest < 8:
            bad = _bad_padding(compact, at)
            return _base32_problem(bad) if bad is not None else _bytes_of(bits, at)
        if character not in _BASE32:
            return _base32_problem(at)
        bits = bits << 5 | _BASE32.index(character)
    whole = len(compact) - len(compact) % 8
    return _bytes_of(bits, whole) if whole == len(compact) else _base32_problem(whole)


def _bad_padding(text: str, at: int) -> int | None:
    """Where the padding that begins at `at` is wrong."""
    place = at % 8
    if len(text) - at + place < 8:
        return len(text)
    tail = text[at + 1 : at + 8 - place]
    bad = next((number for number, padding in enumerate(tail) if padding != "="), None)
    if bad is not None:
        return at + bad
    return at if place in (1, 3, 6) else None


def _bytes_of(bits: int, characters: int) -> str:
    """The whole bytes in so many characters of five bits."""
    count = characters * 5 // 8
    return octets.decode((bits >> (characters * 5 - count * 8)).to_bytes(count, "big"))


def _base32_problem(at: int) -> str:
    return f"illegal base32 data at input byte {at}"


def _decode_base64(text: str) -> str:
    """Sprig gives Go's complaint as the result."""
    try:
        return octets.decode(decode_base64(text))
    except CallError as error:
        return error.message


def _or(fallback: Any, function: Any) -> Any:
    """What sprig's functions without `must` do: whatever goes wrong gives `fallback`."""

    def quiet(value: Any) -> Any:
        try:
            return function(value)
        except CallError:
            return fallback

    return quiet


def _pretty(value: Any) -> str:
    return json_out.dumps(value, indent=2)


def _raw(value: Any) -> str:
    return json_out.dumps(value, escape_html=False)


FUNCTIONS: Final[dict[str, Function]] = {
    "b64enc": fn("s", lambda text: base64.b64encode(octets.encode(text)).decode()),
    "b64dec": fn("s", _decode_base64),
    "b32enc": fn("s", lambda text: base64.b32encode(octets.encode(text)).decode()),
    "b32dec": fn("s", _decode_base32),
    "fromJson": fn("s", _or(None, json_in.loads)),
    "mustFromJson": fn("s", json_in.loads),
    "toJson": fn("a", _or("", json_out.dumps), DEEP),
    "mustToJson": fn("a", json_out.dumps, DEEP),
    "toPrettyJson": fn("a", _or("", _pretty), DEEP),
    "mustToPrettyJson": fn("a", _pretty, DEEP),
    "toRawJson": fn("a", _raw, DEEP),  # which panics where the others say nothing
    "mustToRawJson": fn("a", _raw, DEEP),
}
