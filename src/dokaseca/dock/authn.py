"""Who asks: a client certificate that the cluster's authority signed, or a bearer token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dokaseca.dock import status_error
from dokaseca.ports.wire import WireRequest

MASTERS: Final = "system:masters"
AUTHENTICATED: Final = "system:authenticated"
UNAUTHENTICATED: Final = "system:unauthenticated"
ANONYMOUS: Final = "system:anonymous"
CREDENTIAL: Final = "authentication.kubernetes.io/credential-id"  # the extra that names the credential used
_ACCOUNT: Final = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user; an empty name is nobody."""

    user: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @staticmethod
    def of(request: WireRequest) -> Identity:
        """Who a request says is asking."""
        return Identity(request.user, request.groups, request.uid, request.extra)

    @property
    def document(self) -> dict[str, Any]:
        """A UserInfo object; what is empty is left out."""
        document: dict[str, Any] = {"username": self.user}
        if self.uid:
            document["uid"] = self.uid
        if self.groups:
            document["groups"] = list(self.groups)
        if self.extra:
            document["extra"] = {key: list(values) for key, values in self.extra.items()}
        return document


NOBODY: Final = Identity()


class Authenticator:
    """Decides who asks.

    Args:
        tokens: bearer token to identity; only digests are kept.
        accounts: the identity behind a ServiceAccount's token, None where it is none that is good.
    """

    def __init__(
        self,
        tokens: Mapping[str, Identity] | None = None,
        accounts: Callable[[str], Identity | None] | None = None,
    ) -> None:
        self._tokens = {_digest(token): identity for token, identity in (tokens or {}).items()}
        self._accounts = accounts

    def add_token(self, token: str, identity: Identity) -> None:
        """Accept a further bearer token."""
        self._tokens[_digest(token)] = identity

    def identify(self, certificate: Mapping[str, Any] | None, authorization: str, der: bytes = b"") -> Identity:
        """The identity of a request, `NOBODY` where it shows neither certificate nor token.

        Args:
            certificate: as `ssl.SSLObject.getpeercert()` gives a verified one; empty or None where there is none.
            authorization: the header, or empty.
            der: the certificate's bytes, for its fingerprint.

        Raises:
            StatusError: 401, a bearer token that is not good.
        """
        if certificate:
            found = from_certificate(certificate, der)
            if found.user:
                return found
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return NOBODY
        known = self.of_token_or_none(token.strip())
        if known is None:
            raise status_error.unauthorized()
        return known

    def of_token_or_none(self, token: str) -> Identity | None:
        """Whom a bearer token speaks for.

        Tokens are compared by their SHA-256: how long that takes says nothing about the token.
        """
        found = self._tokens.get(_digest(token))
        if found is None and self._accounts is not None:
            found = self._accounts(token)
        if found is None or not found.user:
            return None
        groups = found.groups if AUTHENTICATED in found.groups else (*found.groups, AUTHENTICATED)
        return Identity(found.user, groups, found.uid, found.extra)


def from_certificate(certificate: Mapping[str, Any], der: bytes = b"") -> Identity:
    """Common name and organizations, as Kubernetes reads a client certificate."""
    user, groups = "", []
    for parts in certificate.get("subject", ()):
        for name, value in parts:
            if name == "commonName":
                user = value
            elif name == "organizationName":
                groups.append(value)
    if not user:
        return NOBODY
    extra = {CREDENTIAL: (f"X509SHA256={hashlib.sha256(der).hexdigest()}",)} if der else {}
    return Identity(user, (*groups, AUTHENTICATED), extra=extra)


def account_user(namespace: str, name: str) -> str:
    """The user that a ServiceAccount's tokens speak for."""
    return f"{_ACCOUNT}{namespace}:{name}"


def account_groups(namespace: str) -> tuple[str, ...]:
    """The groups of every ServiceAccount of a namespace."""
    return "system:serviceaccounts", f"system:serviceaccounts:{namespace}"


def account_of_user(user: str) -> tuple[str, str] | None:
    """(namespace, name) of the ServiceAccount that a user stands for, None for other users."""
    if not user.startswith(_ACCOUNT):
        return None
    namespace, separator, name = user.removeprefix(_ACCOUNT).partition(":")
    return (namespace, name) if separator and namespace and name and ":" not in name else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
