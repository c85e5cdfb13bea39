"""AWS logins: the environment's key or web identity, and roles assumed with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from dokaseca.adapters.scm import aws_signature, fields
from dokaseca.adapters.scm.aws_signature import Keys, Scope
from dokaseca.adapters.scm.http import Trust
from dokaseca.adapters.scm.wire import Login, Shared, Wire
from dokaseca.model.errors import DeniedError
from dokaseca.ports.scm import Forge

KEPT_SECONDS: Final = 45 * 60.0  # a role's keys live for an hour
SESSION: Final = "dokaseca"
TOKEN_BYTES: Final = 64 * 1024
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}

Endpoint = Callable[[str, str], str]


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    until: float = float("-inf")
    keys: Keys | None = None


class AwsLogins:
    """Gives keys by (region, role).

    Args:
        environment: of the process: `AWS_ACCESS_KEY_ID` and its kin, or `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`.
        endpoint: the URL of a (service, region).
    """

    def __init__(self, shared: Shared, environment: Mapping[str, str], endpoint: Endpoint) -> None:
        self._shared = shared
        self._environment = environment
        self._endpoint = endpoint
        self._kept: dict[tuple[str, str], _Kept] = {}

    async def keys(self, region: str, role: str) -> Keys:
        """Keys that are good for some time yet; without `role` those of the environment.

        Raises:
            DeniedError: the environment holds no login, or it may not take the role.
            TransientError, WaitingError: the token service does not answer.
        """
        kept = self._kept.setdefault((region, role), _Kept())
        async with kept.lock:
            now = self._shared.clock.monotonic_seconds()
            if kept.keys is None or now >= kept.until:
                kept.keys = await self._assumed(region, role) if role else await self._own(region)
                kept.until = now + KEPT_SECONDS
            return kept.keys

    async def _own(self, region: str) -> Keys:
        known = self._environment
        if known.get("AWS_ACCESS_KEY_ID") and known.get("AWS_SECRET_ACCESS_KEY"):
            token = known.get("AWS_SESSION_TOKEN", "")
            return Keys(known["AWS_ACCESS_KEY_ID"], known["AWS_SECRET_ACCESS_KEY"], token)
        file, role = known.get("AWS_WEB_IDENTITY_TOKEN_FILE", ""), known.get("AWS_ROLE_ARN", "")
        if not file or not role:
            raise DeniedError(
                "there is no AWS login; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN and "
                "AWS_WEB_IDENTITY_TOKEN_FILE, for the process that runs the platform",
                reason="ForgeDenied",
                subject=str(Forge.CODECOMMIT),
            )
        token = await asyncio.to_thread(_token, Path(file))
        asked = {"Action": "AssumeRoleWithWebIdentity", "RoleArn": role, "WebIdentityToken": token}
        return await self._ask(region, asked, None)

    async def _assumed(self, region: str, role: str) -> Keys:
        return await self._ask(region, {"Action": "AssumeRole", "RoleArn": role}, await self.keys(region, ""))

    async def _ask(self, region: str, asked: Mapping[str, str], keys: Keys | None) -> Keys:
        """Temporary keys of the Security Token Service, whose JSON it gives to who accepts nothing else."""
        body = urlencode({**asked, "RoleSessionName": SESSION, "Version": "2011-06-15"}).encode()

        async def authorize(url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
            if keys is None:
                return {}
            return aws_signature.headers(url, body, headers, keys, Scope(region, "sts"), self._shared.clock.now())

        login = Login(Forge.CODECOMMIT, self._endpoint("sts", region), Trust(), f"sts/{region}", authorize)
        answer = await Wire(self._shared, login).post("/", _FORM, body, _keys)
        assert answer.value is not None  # no word is told to mean "not there"
        return answer.value


def _token(file: Path) -> str:
    try:
        with file.open() as opened:
            return opened.read(TOKEN_BYTES).strip()
    except (OSError, ValueError) as error:
        raise DeniedError(
            "the file that AWS_WEB_IDENTITY_TOKEN_FILE names cannot be read",
            reason="ForgeDenied",
            subject=str(Forge.CODECOMMIT),
        ) from error


def _keys(body: Any) -> Keys:
    for action in ("AssumeRole", "AssumeRoleWithWebIdentity"):
        found = fields.find(body, f"{action}Response", f"{action}Result", "Credentials")
        if found is not None:
            return Keys(
                fields.text(found, "AccessKeyId"),
                fields.text(found, "SecretAccessKey"),
                fields.text(found, "SessionToken"),
            )
    raise fields.FieldError("there are no Credentials")
