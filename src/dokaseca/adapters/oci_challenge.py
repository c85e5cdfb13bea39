"""How a registry asks who we are, and where it sends us for a token (the token protocol of distribution). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
import re2

from dokaseca.kit import redact
from dokaseca.model.errors import DeniedError, TransientError

TOKEN_SECONDS: Final = 60.0  # the protocol's own, where an answer names no time
EARLY_SECONDS: Final = 10.0  # a token is asked for anew so long before it expires
LONGEST_SECONDS: Final = 3600.0  # no token is believed for longer, whatever it says of itself

_HEADER: Final = 4096  # characters of a challenge that are read
_SCHEME: Final = re2.compile(r"(?i)(?:^|,\s*)(bearer|basic)(?:\s|$)")
_PARAMETER: Final = re2.compile(r'([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s",]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a registry wants: `realm` is empty where a login by password is enough."""

    realm: str = ""
    service: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What is sent in the header, and for how long it is good."""

    value: str
    seconds: float


def parse_or_none(header: str) -> Challenge | None:
    """The challenge in `WWW-Authenticate`, None where there is none that is understood."""
    header = header[:_HEADER]
    found = {match.group(1).lower(): match for match in _SCHEME.finditer(header)}
    if "bearer" in found:
        fields = {one.group(1).lower(): one.group(2) or one.group(3) or "" for one in _PARAMETER.finditer(header)}
        return (
            Challenge(fields["realm"], fields.get("service", ""), fields.get("scope", ""))
            if "realm" in fields
            else None
        )
    return Challenge() if "basic" in found else None


def token_url(challenge: Challenge, registry: str, scope: str) -> str:
    """Where the token is to be had.

    Args:
        registry: the registry's own URL: what it sends us to is no less protected than itself.
        scope: asked for where the registry does not say what it wants.

    Raises:
        DeniedError: reason UnsafeRealm: the registry sends our login out of TLS, or to something that is no server.
    """
    try:
        parts = urlsplit(challenge.realm)
        is_server = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        is_server = False
    allowed = ("https", "http") if registry.startswith("http:") else ("https",)
    if not is_server or parts.scheme.lower() not in allowed:
        raise DeniedError(
            f"the registry sends us for a token to {redact.text(challenge.realm[:200])!r}, which is no https:// URL; "
            "no login is sent there",
            reason="UnsafeRealm",
            subject=registry,
        )
    asked = [*parse_qsl(parts.query), ("scope", challenge.scope or scope)]
    asked += [("service", challenge.service)] if challenge.service else []
    return urlunsplit(parts._replace(query=urlencode(asked), fragment=""))


def token(body: bytes, subject: str) -> Token:
    """The token in a token server's answer.

    Raises:
        TransientError: reason RepositoryUnreachable: there is none.
    """
    try:
        answer: Any = orjson.loads(body)
    except ValueError:
        answer = None
    fields = answer if isinstance(answer, dict) else {}
    value = fields.get("token") or fields.get("access_token")
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise TransientError(
            "the registry's token server answers without a token; it is tried again",
            reason="RepositoryUnreachable",
            subject=subject,
        )
    told = fields.get("expires_in")
    seconds = float(told) if isinstance(told, int | float) and told > 0 else TOKEN_SECONDS
    return Token(value, min(seconds, LONGEST_SECONDS) - EARLY_SECONDS)
