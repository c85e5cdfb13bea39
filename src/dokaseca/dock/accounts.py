"""Tokens of ServiceAccounts: issued for a time and an audience, good while what they are bound to lives."""

from __future__ import annotations

import hmac
import uuid
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from dokaseca.dock.authn import AUTHENTICATED, CREDENTIAL, Identity, account_groups, account_user
from dokaseca.dock.jwt import Signer
from dokaseca.dock.store.history import Stored
from dokaseca.dock.store.objects import Store
from dokaseca.kit.clock import Clock
from dokaseca.model import manifest as manifests

AUDIENCE: Final = "https://kubernetes.default.svc.cluster.local"  # the API server itself
TABLE: Final = "serviceaccounts"
_ISSUER: Final = AUDIENCE
_LEGACY_ISSUER: Final = "kubernetes/serviceaccount"
_LEGACY: Final = "kubernetes.io/serviceaccount/"
_TABLES: Final = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


class BadToken(ValueError):
    """The token is not good; the message says why and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The object whose end ends a token; an empty kind is none."""

    kind: str = ""
    name: str = ""
    uid: str = ""

    @property
    def table(self) -> str:
        return _TABLES[self.kind]


@dataclass(frozen=True, slots=True)
class Verified:
    """Whom a good token speaks for, and to which audiences."""

    identity: Identity
    audiences: tuple[str, ...]


class Accounts:
    """Issues and reads the tokens of one cluster.

    Args:
        store: what tokens are bound to.
        clock: when they end.
        signer: of the cluster.
    """

    def __init__(self, store: Store, clock: Clock, signer: Signer) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer

    def issue(self, account: Stored, audiences: Sequence[str], seconds: int, bound: Bound) -> tuple[str, int]:
        """A token, and when it ends in seconds since 1970."""
        now = int(self._clock.now().timestamp())
        private: dict[str, Any] = {
            "namespace": account.namespace,
            "serviceaccount": {"name": account.name, "uid": account.uid},
        }
        if bound.kind:
            private[bound.kind.lower()] = {"name": bound.name, "uid": bound.uid}
        claims = {
            "aud": list(audiences),
            "exp": now + seconds,
            "iat": now,
            "iss": _ISSUER,
            "jti": str(uuid.uuid4()),
            "kubernetes.io": private,
            "nbf": now,
            "sub": account_user(account.namespace, account.name),
        }
        return self._signer.sign(claims), now + seconds

    def issue_for_secret(self, account: Stored, secret: str) -> str:
        """A token without an end, for a Secret that lies in the account's namespace."""
        values = {
            "namespace": account.namespace,
            "secret.name": secret,
            "service-account.name": account.name,
            "service-account.uid": account.uid,
        }
        claims = {_LEGACY + key: value for key, value in values.items()}
        subject = account_user(account.namespace, account.name)
        return self._signer.sign({"iss": _LEGACY_ISSUER, "sub": subject, **claims})

    def identity_or_none(self, token: str) -> Identity | None:
        """Whom a token for this API server speaks for."""
        try:
            return self.verify(token, (AUDIENCE,)).identity
        except BadToken:
            return None

    def verify(self, token: str, audiences: Sequence[str]) -> Verified:
        """Whom a token speaks for, and to which of `audiences`.

        Raises:
            BadToken: forged, ended, for somebody else, or what it is bound to is gone.
        """
        claims = self._signer.claims_or_none(token)
        if claims is None:
            raise BadToken("invalid bearer token")
        if claims.get("iss") == _LEGACY_ISSUER:
            return self._verify_secret(token, claims, audiences)
        return self._verify_bound(claims, audiences)

    def _verify_bound(self, claims: dict[str, Any], audiences: Sequence[str]) -> Verified:
        if claims["exp"] <= self._clock.now().timestamp():
            raise BadToken("service account token has expired")
        meant = tuple(one for one in claims["aud"] if one in audiences)
        if not meant:
            asked, found = _listed(audiences), _listed(claims["aud"])
            raise BadToken(f"token audiences {found} is invalid for the target audiences {asked}")
        private = claims["kubernetes.io"]
        account = private["serviceaccount"]
        self._alive(TABLE, private["namespace"], account)
        extra: dict[str, tuple[str, ...]] = {CREDENTIAL: (f"JTI={claims['jti']}",)}
        for kind, table in _TABLES.items():
            found = private.get(kind.lower())
            if found:
                self._alive(table, "" if kind == "Node" else private["namespace"], found)
                if kind != "Secret":
                    extra |= {f"authentication.kubernetes.io/{kind.lower()}-{part}": (found[part],) for part in found}
        return Verified(_identity(private["namespace"], account["name"], account["uid"], extra), meant)

    def _verify_secret(self, token: str, claims: dict[str, Any], audiences: Sequence[str]) -> Verified:
        """Tokens in Secrets live as long as the Secret holds them, and are for the API server only."""
        namespace, name = claims[_LEGACY + "namespace"], claims[_LEGACY + "service-account.name"]
        uid = claims[_LEGACY + "service-account.uid"]
        secret = self._store.get_or_none("secrets", namespace, claims[_LEGACY + "secret.name"])
        held = manifests.get(orjson.loads(secret.data), "data", "token", default="") if secret is not None else ""
        if not hmac.compare_digest(held.encode(), b64encode(token.encode())):
            raise BadToken("service account token has been invalidated")
        self._alive(TABLE, namespace, {"name": name, "uid": uid})
        if AUDIENCE not in audiences:
            raise BadToken(
                f"token audiences {_listed((AUDIENCE,))} is invalid for the target audiences {_listed(audiences)}"
            )
        return Verified(_identity(namespace, name, uid, {}), (AUDIENCE,))

    def _alive(self, table: str, namespace: str, of: dict[str, str]) -> None:
        found = self._store.get_or_none(table, namespace, of["name"])
        if found is None or found.uid != of["uid"] or (found.is_deleting and table == TABLE):
            raise BadToken("service account token has been invalidated")


def _identity(namespace: str, name: str, uid: str, extra: dict[str, tuple[str, ...]]) -> Identity:
    return Identity(account_user(namespace, name), (*account_groups(namespace), AUTHENTICATED), uid, extra)


def _listed(values: Sequence[str]) -> str:
    """As Go prints a list of texts."""
    return "[" + " ".join(f'"{value}"' for value in values) + "]"
