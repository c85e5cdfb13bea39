"""Keeps credentials out of whatever a person or a file gets to see."""

from __future__ import annotations

import re

MASK = "********"

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,20}://")
_RUN = re.compile(r"""(?:[^\s"<>]|["<>](?![,}\]):;.\s]|\Z))*+""")  # all that a URL may be; its closing quote is not
_USER = re.compile(r"[^/?#:\s\[]*+:(?![0-9]{1,5}(?:[/?#]|\Z))")  # before a password; of a host, before no port
_AUTHORITY = re.compile(r"[^/?#]*+")
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
    value = _without_userinfo(value)
    value = _HEADER.sub(rf"\1{MASK}", value)
    value = _BEARER.sub(rf"\1 {MASK}", value)
    value = _NAMED.sub(rf"\1{MASK}", value)
    value = _QUERY.sub(rf"\1{MASK}", value)
    value = _SPOKEN.sub(rf"\1{MASK}", value)
    return _KNOWN.sub(MASK, value)


def _without_userinfo(value: str) -> str:
    parts: list[str] = []
    position = run_end = last_at = 0
    while scheme := _SCHEME.search(value, position):
        start = scheme.end()
        if start > run_end:
            found = _RUN.match(value, start)
            run_end = found.end() if found else start
            last_at = value.rfind("@", start, run_end)
        at = _userinfo_end(value, start, run_end, last_at)
        parts.append(value[position:start])
        position = start
        if at >= start:
            parts.append(MASK)
            position = at
    return "".join(parts) + value[position:]


def _userinfo_end(value: str, start: int, run_end: int, last_at: int) -> int:
    """Where the `@` after user information stands, -1 without any.

    A password may hold `/`, `?`, `#` and `@` that nobody escaped: then where it ends is not to be told, and all up to
    the last `@` counts as part of it. `host:8080/path@1` is told from it by its port.
    """
    if last_at < start:
        return -1
    if _USER.match(value, start, run_end):
        return last_at
    authority = _AUTHORITY.match(value, start, run_end)
    return value.rfind("@", start, authority.end()) if authority else -1
