"""GitHub Apps: a signed claim is exchanged for a token that lives an hour."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from dokaseca.adapters.scm import fields, github
from dokaseca.adapters.scm.http import Trust
from dokaseca.adapters.scm.wire import Login, Shared, Wire
from dokaseca.kit import digest
from dokaseca.model.errors import UserError
from dokaseca.ports.scm import Forge, GitHubApp

KEPT_SECONDS: Final = 50 * 60.0  # of the hour that a token lives
CLAIM_SECONDS: Final = 540  # GitHub allows 10 minutes, by its own clock
SKEW_SECONDS: Final = 60


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    until: float = float("-inf")
    token: str = ""


class AppTokens:
    """Gives installation tokens, each fetched once for all who need it."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._kept: dict[str, _Kept] = {}

    async def token(self, app: GitHubApp, base: str, trust: Trust) -> str:
        """The token of an installation.

        Raises:
            UserError: reason InvalidCredentials: the key is none.
            DeniedError, NotFoundError, TransientError, WaitingError: GitHub gives none.
        """
        identity = digest.of_value([base, app.app_id, app.installation_id, app.private_key])
        kept = self._kept.setdefault(identity, _Kept())
        async with kept.lock:
            now = self._shared.clock.monotonic_seconds()
            if now >= kept.until:
                kept.token = await self._fetched(app, base, trust, identity)
                kept.until = now + KEPT_SECONDS
            return kept.token

    async def _fetched(self, app: GitHubApp, base: str, trust: Trust, identity: str) -> str:
        claim = await asyncio.to_thread(signed_claim, app, self._shared.clock.now())

        async def authorize(_url: str, _headers: Mapping[str, str], _body: bytes) -> Mapping[str, str]:
            return {"Authorization": f"Bearer {claim}", **github.HEADERS}

        wire = Wire(self._shared, Login(Forge.GITHUB, base, trust, f"app/{identity}", authorize))
        answer = await wire.post(f"/app/installations/{app.installation_id}/access_tokens", {}, b"{}", _token)
        return answer.value or ""


def signed_claim(app: GitHubApp, now: datetime) -> str:
    """A JSON Web Token (RS256) that says which app we are.

    Raises:
        UserError: reason InvalidCredentials.
    """
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        key = serialization.load_pem_private_key(app.private_key.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise _no_key() from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _no_key()
    moment = int(now.timestamp())
    claim = {"iat": moment - SKEW_SECONDS, "exp": moment + CLAIM_SECONDS, "iss": app.app_id}
    text = f"{_encoded(orjson.dumps({'alg': 'RS256', 'typ': 'JWT'}))}.{_encoded(orjson.dumps(claim))}"
    return f"{text}.{_encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _token(body: Any) -> str:
    return fields.text(body, "token")


def _no_key() -> UserError:
    return UserError(
        "githubAppPrivateKey is no RSA key in PEM form; copy the key that GitHub gave for the app into the Secret",
        reason="InvalidCredentials",
        subject=str(Forge.GITHUB),
    )
