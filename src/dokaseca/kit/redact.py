"""Keeps credentials out of whatever a person or a file gets to see."""

from __future__ import annotations

import re

MASK = "********"

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)
# user information ends at the last @ before the path; a password with a slash is told from a port by its letters
_USERINFO = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{0,20}://)"
    r"(?:[^/?#\s'\"<>]{0,4096}|[^/?#@:\s'\"<>]{0,128}:(?![0-9]+/)[^@\s'\"<>]{0,1024})@"
)
_HEADER = re.compile(
    r"(?i)\b((?:authorization|private-token|x-api-key|x-auth-token)['\"]?\s*[:=]\s*['\"]?)"
    r"(?:(?:bearer|basic|token)\s+)?[^\s'\",;]+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_NAMED = re.compile(
    r"(?i)((?<![a-z0-9])(?:[a-z0-9]{1,32}[_-]){0,6}"
    r"(?:access_?key|api_?key|secret_?key|private_?key|client_?secret|password|passwd|secret|token|signature)"
    r"(?:=|['\"]\s*:\s*['\"]))(?!\*{8})[^\s'\"&,;]+"
)
_QUERY = re.compile(r"(?i)([?&](?:key|sig|code)=)(?!\*{8})[^&\s'\"]+")
_SPOKEN = re.compile(r"(?i)(?<![\w.])((?:password|passwd)\s*:\s+)(?!\*{8})[^\s'\"&,;]+")
_KNOWN = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)"
)


def text(value: str) -> str:
    """`value` with what looks like a credential masked.

    Masked are private keys, user information in URLs, authorization headers, values named as secrets
    (`password=...`, `"token": "..."`), and tokens of well-known make.
    """
    value = _PEM.sub(rf"-----BEGIN \1----- {MASK}", value)
    value = _USERINFO.sub(rf"\g<scheme>{MASK}@", value)
    value = _HEADER.sub(rf"\1{MASK}", value)
    value = _BEARER.sub(rf"\1 {MASK}", value)
    value = _NAMED.sub(rf"\1{MASK}", value)
    value = _QUERY.sub(rf"\1{MASK}", value)
    value = _SPOKEN.sub(rf"\1{MASK}", value)
    return _KNOWN.sub(MASK, value)
