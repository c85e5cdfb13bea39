"""One request to a registry: who we are is told when it asks, to it and to the token server that it names alone."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dokaseca.adapters import http_access, http_answer, oci_challenge, oci_reference
from dokaseca.adapters.git import Logins, anonymous
from dokaseca.adapters.oci_challenge import Challenge
from dokaseca.adapters.oci_reference import Repository
from dokaseca.flow.source.access import Access
from dokaseca.kit import bounds, redact
from dokaseca.model.errors import DeniedError, TransientError
from dokaseca.ports.registry import Place

if TYPE_CHECKING:
    import aiohttp

CONNECT_SECONDS = 5.0
TOKEN_BYTES = 256 * 1024  # the longest tokens are some KiB
HEADERS_KEPT = 256  # one for each repository of each project


@dataclass(frozen=True, slots=True)
class Ask:
    """A request.

    Attributes:
        path: behind the registry's own URL.
    """

    at: Place
    path: str
    limit_bytes: int
    method: str = "GET"
    accept: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: `body` is empty unless the status is 200; header names in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Header:
    value: str
    until: float


class OciHttp:
    """Asks registries.

    Args:
        logins: tells how a repository is reached, on behalf of a project or of everybody.
        timeout_seconds: for each request, whole.
    """

    def __init__(self, logins: Logins = anonymous, *, timeout_seconds: float = bounds.HTTP_SECONDS) -> None:
        self._logins = logins
        self._timeout_seconds = timeout_seconds
        self._headers: OrderedDict[tuple[Repository, str], _Header] = OrderedDict()
        self._session: aiohttp.ClientSession | None = None

    async def send(self, ask: Ask) -> Answer:
        """The answer, whatever its status, but for those that say no or nothing.

        Raises:
            DeniedError, TransientError, UserError: as `ports.registry.Registry`.
        """
        repository = oci_reference.parse(ask.at.url)
        access = await self._logins(ask.at.secret_url or ask.at.url, ask.at.scope)
        base = repository.base(plain_http=access.plain_http)
        key = (repository, access.identity)
        answer = await self._follow(base, ask, access, self._known(key, access))
        if answer.status == 401 and not (access.bearer_token and not access.username):  # refused: never as nobody then
            challenge = oci_challenge.parse_or_none(answer.headers.get("www-authenticate", ""))
            if challenge is not None:
                header = await self._header(challenge, ask.at, base, access)
                self._keep(key, header)
                answer = await self._follow(base, ask, access, header.value)
        if answer.status in (401, 403):
            self._headers.pop(key, None)
            raise _denied(answer, access)
        if answer.status not in (200, 404):
            raise unreachable(answer.url, f"HTTP status {answer.status}")
        return answer

    async def close(self) -> None:
        """Give back connections; idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    # --- who we are -------------------------------------------------------------------------------------------------

    def _known(self, key: tuple[Repository, str], access: Access) -> str:
        """What the registry took last time; a token of the Secret, or a login that is to be sent unasked."""
        known = self._headers.get(key)
        if known is not None and known.until > time.monotonic():
            return known.value
        return http_access.authorization(access) if access.bearer_token or access.force_basic else ""

    def _keep(self, key: tuple[Repository, str], header: _Header) -> None:
        self._headers[key] = header
        self._headers.move_to_end(key)
        while len(self._headers) > HEADERS_KEPT:
            self._headers.popitem(last=False)

    async def _header(self, challenge: Challenge, at: Place, base: str, access: Access) -> _Header:
        """What the registry asks for; a login goes to the token server that the registry itself names."""
        login = http_access.authorization(replace(access, bearer_token=""))
        if not challenge.realm:
            return _Header(login, float("inf"))
        url = oci_challenge.token_url(challenge, base, f"repository:{oci_reference.parse(at.url).name}:pull")
        answer = await self._once(url, url, Ask(at, "", TOKEN_BYTES), access, login)
        if answer.status in (400, 401, 403, 404):
            raise _denied(answer, access)
        if answer.status != 200:
            raise unreachable(url, f"HTTP status {answer.status}")
        token = oci_challenge.token(answer.body, redact.text(_plain(url)))
        return _Header(f"Bearer {token.value}", time.monotonic() + token.seconds)

    # --- requests ---------------------------------------------------------------------------------------------------

    async def _follow(self, base: str, ask: Ask, access: Access, header: str) -> Answer:
        """The answer behind all redirects; what is not the registry's own server learns nothing of us."""
        url = base + ask.path
        for _ in range(http_answer.REDIRECTS + 1):
            answer = await self._once(url, base, ask, access, header)
            if answer.status not in http_answer.REDIRECT_STATUSES:
                return answer
            url = http_answer.redirected(url, answer.headers.get("location", ""))
        raise unreachable(url, f"more than {http_answer.REDIRECTS} redirects")

    async def _once(self, url: str, server: str, ask: Ask, access: Access, header: str) -> Answer:
        """One request; login and trust are for `server` only."""
        import aiohttp

        nobody = replace(access, username="", password="", bearer_token="")
        options: dict[str, Any] = http_access.options(url, server, nobody)
        options["headers"] = {
            "Accept": ask.accept or "*/*",
            "Accept-Encoding": "identity",
        }  # digests are of plain bytes
        if header and http_access.is_same_server(url, server):
            options["headers"]["Authorization"] = header
        try:
            async with asyncio.timeout(self._timeout_seconds):
                session = self._open()
                async with session.request(ask.method, url, allow_redirects=False, **options) as response:
                    headers = {name.lower(): text for name, text in response.headers.items()}
                    wanted = response.status == 200 and ask.method != "HEAD"
                    body = await http_answer.bounded(response, ask.limit_bytes, _plain(url)) if wanted else b""
                    return Answer(_plain(url), response.status, headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise unreachable(url, http_answer.cause(error)) from error

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True, auto_decompress=False)
        return self._session


def unreachable(url: str, why: str) -> TransientError:
    """The error of a registry that gives no usable answer."""
    return TransientError(
        f"the registry does not answer ({why}); check the URL and the network, it is tried again",
        reason="RepositoryUnreachable",
        subject=redact.text(_plain(url)),
    )


def _denied(answer: Answer, access: Access) -> DeniedError:
    who = f"the login of {access.told_by}" if access.has_login and access.told_by else "a request without a login"
    return DeniedError(
        f"the registry refused {who} (HTTP {answer.status}), or has no such repository; check the repository Secret "
        "and repoURL",
        reason="RepositoryDenied",
        subject=redact.text(answer.url),
    )


def _plain(url: str) -> str:
    """A URL without its query: blob stores sign theirs."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
