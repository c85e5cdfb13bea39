"""Keeps credentials out of whatever a person or a file gets to see."""

from __future__ import annotations

import re

MASK = "********"

_USERINFO = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s'\"]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_QUERY = re.compile(r"(?i)([?&](?:access_token|token|password|secret|key|sig|signature)=)[^&\s'\"]+")


def text(value: str) -> str:
    """`value` with user information in URLs, authorization headers and secret query parameters masked."""
    value = _USERINFO.sub(rf"\g<scheme>{MASK}@", value)
    value = _BEARER.sub(rf"\1 {MASK}", value)
    return _QUERY.sub(rf"\1{MASK}", value)
