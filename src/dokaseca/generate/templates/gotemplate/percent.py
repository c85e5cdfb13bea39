"""Percent-encoding as net/url does it."""

from __future__ import annotations

import re
from typing import Final

from dokaseca.generate.templates.gotemplate import octets

_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_ESCAPED: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


def quote(text: str, *, plus: bool = False, safe: str = "") -> str:
    """`text` escaped; blanks become `+` when `plus`; characters of `safe` stay."""
    keep = _UNRESERVED | frozenset(safe.encode())
    encoded = "".join(chr(byte) if byte in keep else f"%{byte:02X}" for byte in octets.encode(text))
    return encoded.replace("%20", "+") if plus else encoded


def unquote(text: str) -> str:
    """`text` with `%xx` decoded."""
    return octets.decode(_ESCAPED.sub(lambda match: bytes([int(match.group(1), 16)]), octets.encode(text)))
