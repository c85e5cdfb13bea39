"""What carries Kubernetes requests: HTTPS to any API server, or a function call to one in this process."""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from dokaseca.kit import bounds
from dokaseca.model.errors import DeniedError, TransientError, UserError
from dokaseca.ports.wire import Wire, WireRequest, WireResponse

if TYPE_CHECKING:
    import aiohttp

CONNECTIONS = 64  # per cluster, watches included
CONNECT_SECONDS = 5.0
ANSWER_BYTES = 256 * 1024 * 1024  # a page of 500 objects of half a megabyte: more than any server has
WATCH_IDLE_SECONDS = 330.0  # servers end a watch after at most 5 to 10 minutes; silence beyond means a dead connection

Handle = Callable[[WireRequest], Awaitable[WireResponse]]


@dataclass(frozen=True, slots=True)
class FunctionWire:
    """Calls an API server that lives in this process, as an authenticated user."""

    handle: Handle
    user: str
    groups: tuple[str, ...]

    async def send(self, request: WireRequest) -> WireResponse:
        return await self.handle(
            WireRequest(
                request.method, request.path, request.query, request.headers, request.body, self.user, self.groups
            )
        )

    async def close(self) -> None:
        """Nothing to give back."""


@dataclass(frozen=True, slots=True)
class AsUser:
    """Another wire, whose requests that change something are made in the name of `user`."""

    wire: Wire
    user: str

    async def send(self, request: WireRequest) -> WireResponse:
        if request.method != "GET":
            request = replace(request, headers={**request.headers, "impersonate-user": self.user})
        return await self.wire.send(request)

    async def close(self) -> None:
        """The wire is closed by whom it belongs to."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to trust a server and be trusted by it. PEM texts; empty means not used."""

    ca_pem: str = ""
    client_cert_pem: str = ""
    client_key_pem: str = ""
    token: str = ""
    username: str = ""
    password: str = ""
    insecure: bool = False
    server_name: str = ""


class HttpWire:
    """One API server over HTTP(S); the connection pool opens on first use."""

    def __init__(self, server: str, credentials: Credentials) -> None:
        self._server = server.rstrip("/")
        self._credentials = credentials
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: WireRequest) -> WireResponse:
        import aiohttp
        from yarl import URL

        session = self._open()
        is_watch = ("watch", "true") in request.query or ("watch", "1") in request.query
        timeout = aiohttp.ClientTimeout(
            total=None if is_watch else bounds.HTTP_SECONDS,
            sock_connect=CONNECT_SECONDS,
            sock_read=WATCH_IDLE_SECONDS if is_watch else bounds.HTTP_SECONDS,
        )
        url = URL(self._server + quote(request.path, safe="/:@"), encoded=True).with_query(list(request.query))
        try:
            response = await session.request(
                request.method,
                url,
                data=request.body or None,
                headers={**self._authorization(), **request.headers},
                timeout=timeout,
                server_hostname=self._credentials.server_name or None,
                allow_redirects=False,  # our credentials go to this server only
            )
            headers = {name.lower(): value for name, value in response.headers.items()}
            if is_watch and response.status == 200:
                return WireResponse(response.status, headers, stream=_chunks(response))
            return WireResponse(response.status, headers, await _body(response, self._server))
        except aiohttp.ClientConnectorCertificateError as error:
            raise DeniedError(
                f"the certificate of {self._server} is not signed by the expected authority; check the CA in the "
                "kubeconfig or cluster Secret",
                reason="CertificateRefused",
            ) from error
        except ValueError as error:
            raise UserError(
                f"the credentials for {self._server} cannot be sent; is there a line break in a token?",
                reason="InvalidCredentials",
            ) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TransientError(
                f"{self._server} does not answer ({type(error).__name__}); check that the cluster is up",
                reason="ClusterUnreachable",
            ) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # lets the transports of TLS connections notice
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            context = tls_context(self._credentials) if self._server.startswith("https") else True
            connector = aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS)
            self._session = aiohttp.ClientSession(
                connector=connector, auto_decompress=True, read_bufsize=2**20, trust_env=False
            )
        return self._session

    def _authorization(self) -> Mapping[str, str]:
        if self._credentials.token:
            return {"Authorization": f"Bearer {self._credentials.token.strip()}"}
        if self._credentials.username:
            login = f"{self._credentials.username}:{self._credentials.password}".encode()
            return {"Authorization": f"Basic {base64.b64encode(login).decode()}"}
        return {}


def tls_context(credentials: Credentials) -> ssl.SSLContext:
    """The TLS settings for one server.

    Raises:
        UserError: a certificate or key does not parse.
    """
    context = ssl.create_default_context()
    try:
        if credentials.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif credentials.ca_pem:
            context.load_verify_locations(cadata=credentials.ca_pem)
        if credentials.client_cert_pem and credentials.client_key_pem:
            with tempfile.TemporaryDirectory(prefix="dokaseca-") as folder:  # mode 0700; ssl reads files only
                pair = Path(folder, "client.pem")
                pair.write_text(credentials.client_cert_pem + "\n" + credentials.client_key_pem)
                context.load_cert_chain(pair)
    except (ssl.SSLError, ValueError) as error:
        raise UserError(
            "the CA, client certificate or key of the cluster is not valid PEM; correct the kubeconfig or the "
            "cluster Secret",
            reason="InvalidCredentials",
        ) from error
    return context


async def _body(response: aiohttp.ClientResponse, server: str) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > ANSWER_BYTES:
                raise TransientError(f"{server} gave an answer of more than {ANSWER_BYTES} bytes", reason="BadAnswer")
            chunks.append(chunk)
    except BaseException:
        response.close()
        raise
    return b"".join(chunks)


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    import aiohttp

    try:
        async for chunk in response.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise TransientError("the watch was cut off", reason="ClusterUnreachable") from error
    finally:
        transport = response.connection.transport if response.connection is not None else None
        response.close()
        if transport is not None:  # closing politely takes a round trip, which a loop that ends does not wait for
            transport.abort()
