"""Who asks: a client certificate that the cluster's authority signed, or a bearer token."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_AUTHENTICATED: Final = "system:authenticated"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user; an empty name is nobody."""

    user: str = ""
    groups: tuple[str, ...] = ()


NOBODY: Final = Identity()


class Authenticator:
    """Decides who asks.

    Args:
        tokens: bearer token to identity; only digests are kept.
    """

    def __init__(self, tokens: Mapping[str, Identity] | None = None) -> None:
        self._tokens = {_digest(token): identity for token, identity in (tokens or {}).items()}

    def add_token(self, token: str, identity: Identity) -> None:
        """Accept a further bearer token."""
        self._tokens[_digest(token)] = identity

    def identify(self, certificate: Mapping[str, Any] | None, authorization: str) -> Identity:
        """The identity of a request.

        Args:
            certificate: as `ssl.SSLObject.getpeercert()` gives a verified one; empty or None where there is none.
            authorization: the header, or empty.
        """
        if certificate:
            found = from_certificate(certificate)
            if found.user:
                return found
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and token:
            identity = self._tokens.get(_digest(token.strip()), NOBODY)
            if identity.user:
                return Identity(identity.user, (*identity.groups, _AUTHENTICATED))
        return NOBODY


def from_certificate(certificate: Mapping[str, Any]) -> Identity:
    """Common name and organizations, as Kubernetes reads a client certificate."""
    user, groups = "", []
    for parts in certificate.get("subject", ()):
        for name, value in parts:
            if name == "commonName":
                user = value
            elif name == "organizationName":
                groups.append(value)
    return Identity(user, (*groups, _AUTHENTICATED)) if user else NOBODY


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
