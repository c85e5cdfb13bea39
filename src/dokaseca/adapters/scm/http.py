"""HTTP to forges: bounded answers, no foreign hosts, connections per server and trust."""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from dokaseca.adapters.scm import egress
from dokaseca.kit import bounds, digest, redact
from dokaseca.model.errors import DeniedError, TransientError, UserError

if TYPE_CHECKING:
    import aiohttp

ANSWER_BYTES = 16 * 1024 * 1024  # 100 repositories of GitHub are about 1 MB
IGNORED_BYTES = 64 * 1024  # read of an answer whose body does not matter, so that its connection can be kept
CONNECT_SECONDS = 5.0
CONNECTIONS = 8  # to one server; GitHub asks for no more
REDIRECTS = 3
SERVERS = 64  # kept connected; the least used idle one makes room


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe; an empty `ca_pem` is the machine's authorities alone."""

    ca_pem: str = ""
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request. A body makes it a POST.

    Attributes:
        subject: what messages name it by: the forge and the URL without its query.
        wants_body: whether the body of a success matters.
        timeout_seconds: for the whole answer.
    """

    url: str
    headers: Mapping[str, str]
    subject: str
    body: bytes | None = None
    wants_body: bool = True
    timeout_seconds: float = field(default_factory=lambda: bounds.HTTP_SECONDS)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Server:
    session: aiohttp.ClientSession
    users: int = 0


class Http:
    """Sends calls.

    Args:
        private_hosts: names in lower case that may stand for addresses inside the house.
    """

    def __init__(self, private_hosts: frozenset[str] = frozenset()) -> None:
        self.private_hosts = private_hosts
        self._servers: OrderedDict[tuple[str, str, bool], _Server] = OrderedDict()

    async def send(self, call: Call, trust: Trust) -> Reply:
        """The answer to `call`, whatever its status; redirects are followed on the same server only.

        Raises:
            TransientError: no answer in time.
            DeniedError: reason AddressRefused or CertificateRefused.
            UserError: reasons UnsafeRedirect, TooLarge, InvalidCredentials.
        """
        import aiohttp

        server = await self._server(call.url, trust)
        server.users += 1
        try:
            return await self._follow(server.session, call)
        except aiohttp.ClientConnectorCertificateError as error:
            raise DeniedError(
                "the server's certificate is not trusted; give its authority with caRef",
                reason="CertificateRefused",
                subject=call.subject,
            ) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TransientError(
                f"no answer ({_cause(error)}); it is tried again", reason="ForgeUnreachable", subject=call.subject
            ) from error
        except ValueError as error:
            raise UserError(
                "the credentials cannot be sent; is there a line break in the middle of the token?",
                reason="InvalidCredentials",
                subject=call.subject,
            ) from error
        finally:
            server.users -= 1

    async def close(self) -> None:
        """Give back connections; idempotent."""
        servers, self._servers = self._servers, OrderedDict()
        for one in servers.values():
            await one.session.close()

    async def _follow(self, session: aiohttp.ClientSession, call: Call) -> Reply:
        import aiohttp
        from yarl import URL

        url = call.url
        timeout = aiohttp.ClientTimeout(total=call.timeout_seconds, sock_connect=CONNECT_SECONDS)
        for _ in range(REDIRECTS + 1):
            async with session.request(
                "GET" if call.body is None else "POST",
                URL(url, encoded=True),
                data=call.body,
                headers=call.headers,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                if response.status in (301, 302, 303, 307, 308) and call.body is None:
                    url = _redirected(url, response.headers.get("Location", ""), call.subject)
                    continue
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status, headers, await _bounded(response, call))
        raise TransientError(f"more than {REDIRECTS} redirects", reason="BadAnswer", subject=call.subject)

    async def _server(self, url: str, trust: Trust) -> _Server:
        parts = urlsplit(url)
        key = (f"{parts.scheme}://{parts.netloc.lower()}", digest.of_bytes(trust.ca_pem.encode()), trust.insecure)
        found = self._servers.get(key)
        if found is None:
            await self._make_room()
            found = self._servers[key] = _Server(self._open(parts.hostname or "", trust))
        self._servers.move_to_end(key)
        return found

    async def _make_room(self) -> None:
        idle = [key for key, one in self._servers.items() if not one.users]
        if len(self._servers) >= SERVERS and idle:
            await self._servers.pop(idle[0]).session.close()

    def _open(self, host: str, trust: Trust) -> aiohttp.ClientSession:
        import aiohttp

        may_be_private = egress.is_private_host(host, self.private_hosts)
        connector = aiohttp.TCPConnector(
            ssl=_tls_context(trust),
            limit=CONNECTIONS,
            happy_eyeballs_delay=None,  # one address after another: the first that is refused ends it
            socket_factory=egress.socket_factory(host, may_be_private=may_be_private),
        )
        # no proxy of the environment: behind one nobody here would see which address is connected to
        return aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())


def _redirected(url: str, location: str, subject: str) -> str:
    target = urljoin(url, location)
    before, after = urlsplit(url), urlsplit(target)
    if (before.scheme, before.netloc.lower()) != (after.scheme, after.netloc.lower()):
        raise UserError(
            f"the server sends us to {redact.text(after.netloc) or 'nowhere'}, which is not followed; correct api, or "
            "the credentials: some servers send strangers to a login page",
            reason="UnsafeRedirect",
            subject=subject,
        )
    return target


async def _bounded(response: aiohttp.ClientResponse, call: Call) -> bytes:
    limit = ANSWER_BYTES if call.wants_body else IGNORED_BYTES
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(2**16):
        size += len(chunk)
        if size > limit and not call.wants_body:
            response.close()
            break
        if size > limit:
            raise UserError(f"an answer of more than {limit // 2**20} MiB", reason="TooLarge", subject=call.subject)
        chunks.append(chunk)
    return b"".join(chunks)


def _tls_context(trust: Trust) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.ca_pem:
        try:
            context.load_verify_locations(cadata=trust.ca_pem)
        except (ssl.SSLError, ValueError) as error:
            raise UserError(
                "the ConfigMap that caRef names holds no certificates in PEM form", reason="InvalidCredentials"
            ) from error
    return context


def _cause(error: Exception) -> str:
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host name is not known"
    if isinstance(error, TimeoutError):
        return "not in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error.strerror or type(error.os_error).__name__}"
    return type(error).__name__
