"""The API on a loopback port over TLS: bytes to `WireRequest`, `WireResponse` to bytes, and nothing else."""

from __future__ import annotations

import asyncio
import errno
import ssl
from asyncio import sslproto
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

import orjson
from aiohttp import web

from dokaseca.dock import connections, sockets, status_error
from dokaseca.dock.api import Api
from dokaseca.dock.authn import Authenticator, Identity
from dokaseca.dock.authz import gate
from dokaseca.dock.pki import Pki
from dokaseca.kit import bounds
from dokaseca.model.errors import IntegrityError, UserError
from dokaseca.ports.wire import WireRequest, WireResponse

_HOST: Final = "127.0.0.1"
CONNECTIONS: Final = 2_000  # open at once; a watch holds one, a client with many kinds a few dozen
_HEAD_SECONDS: Final = 10.0  # for a new connection to send the head of its first request
_BODY_SECONDS: Final = 30.0  # for a client to send the body it announced
_IDLE_SECONDS: Final = 75.0  # a kept-alive connection without a request
_TLS_BUFFER_BYTES: Final = 32_768  # of each connection; two records of TLS, where asyncio takes 256 KiB
_STOP_SECONDS: Final = 1.0  # for requests under way when the server stops


class Listener:
    """Serves one cluster's API.

    Args:
        api: who answers.
        pki: the server's certificate, and the authority of client certificates.
        authenticator: who asks.
    """

    def __init__(self, api: Api, pki: Pki, authenticator: Authenticator) -> None:
        self._api = api
        self._authenticator = authenticator
        self._context = tls(pki)
        self._identities: WeakKeyDictionary[asyncio.BaseTransport, Identity] = WeakKeyDictionary()
        self._web = connections.Connections(
            cast(Any, self._handle),
            head_seconds=lambda: _HEAD_SECONDS,
            handler_cancellation=True,
            keepalive_timeout=_IDLE_SECONDS,
            access_log=None,
            max_field_size=16_384,
        )
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, port: int = 0) -> int:
        """Listen on `port`, or on a free one; the port.

        Raises:
            UserError: reason PortInUse.
        """
        # asyncio has no setting for this. What a connection holds is also what one that failed in its handshake leaves
        # to the garbage collector: thousands of them were hundreds of megabytes.
        sslproto.SSLProtocol.max_size = _TLS_BUFFER_BYTES
        door = sockets.Door(lambda: sockets.limits(CONNECTIONS))
        try:
            door.bind((_HOST, port))
            self._server = await asyncio.get_running_loop().create_server(
                self._web,
                sock=door,
                ssl=self._context,
                ssl_handshake_timeout=connections.HANDSHAKE_SECONDS,
                backlog=sockets.BATCH,
            )
        except OSError as error:
            door.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "is in use by another process" if error.errno == errno.EADDRINUSE else "may not be used by this user"
            message = f"port {port} {why}; free it, or choose another"
            raise UserError(message, reason="PortInUse", subject=f"{_HOST}:{port}") from error
        self._web.door = door
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """End watches, let requests under way finish shortly, close all connections; idempotent."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        self._api.end_watches()
        await self._web.shutdown(_STOP_SECONDS)
        await server.wait_closed()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._web.began(request.protocol)
        try:
            wire = await self._read(request)
        except status_error.StatusError as error:
            return _whole(_refused(error))
        except TimeoutError:
            slow = status_error.StatusError(408, "Timeout", "the request body did not arrive in time")
            return _whole(_refused(slow))
        except connections.FAULTS_OF_CLIENTS:
            broken = status_error.bad_request("the request body could not be read to its end")
            return _whole(_refused(broken))
        response = await self._api.handle(wire)
        if response.stream is None:
            return _whole(response)
        return await _stream(request, response)

    async def _read(self, request: web.BaseRequest) -> WireRequest:
        """The request; of a client that has not shown who it is without its body, which nothing answered to it needs.

        Raises:
            StatusError: 401, 413.
            TimeoutError: the body does not arrive.
        """
        identity = self._identity(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        if "impersonate-user" in headers:
            headers |= _repeated(request)
        return WireRequest(
            method=request.method,
            path=request.path,
            query=tuple(request.query.items()),
            headers=headers,
            body=await _body(request) if identity.user and request.can_read_body else b"",
            user=identity.user,
            groups=identity.groups,
            uid=identity.uid,
            extra=identity.extra,
        )

    def _identity(self, request: web.BaseRequest) -> Identity:
        """A token is read with every request, a certificate once per connection."""
        authorization = request.headers.get("Authorization", "")
        transport = request.transport
        if transport is None:
            return self._authenticator.identify(None, authorization)
        found = self._identities.get(transport)
        if found is None:
            found = self._authenticator.identify(transport.get_extra_info("peercert"), "", _certificate(transport))
            self._identities[transport] = found
        if found.user:
            return found
        found = self._authenticator.identify(None, authorization)
        if found.user:
            self._web.welcome(transport)
        return found


def tls(pki: Pki) -> ssl.SSLContext:
    """How the server shows itself, and whose certificates it believes.

    Raises:
        IntegrityError: the server's key is damaged.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(pki.server_certificate, pki.server_key)
    except ssl.SSLError as error:
        message = "is damaged, or not the key of server.crt; delete both, they are made anew at the next start"
        raise IntegrityError(message, subject=str(pki.server_key)) from error
    context.load_verify_locations(pki.ca_certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.set_alpn_protocols(["http/1.1"])
    return context


def _repeated(request: web.BaseRequest) -> dict[str, str]:
    """Headers that name whom to act as, each with all its values."""
    names = {name for name in request.headers if name.lower().startswith("impersonate-")}
    return {name.lower(): gate.REPEATED.join(request.headers.getall(name)) for name in names}


def _certificate(transport: asyncio.BaseTransport) -> bytes:
    """The client's certificate as it was sent; empty for none."""
    connection = transport.get_extra_info("ssl_object")
    return (connection.getpeercert(binary_form=True) or b"") if connection is not None else b""


async def _body(request: web.BaseRequest) -> bytes:
    """The whole body, within size and time.

    Raises:
        StatusError: 413.
        TimeoutError: it does not arrive.
    """
    limit = bounds.REQUEST_BODY_BYTES
    if (request.content_length or 0) > limit:
        raise status_error.too_large(limit)
    parts, size = [], 0
    async with asyncio.timeout(_BODY_SECONDS):
        async for chunk in request.content.iter_chunked(65_536):
            size += len(chunk)
            if size > limit:
                raise status_error.too_large(limit)
            parts.append(chunk)
    return b"".join(parts)


def _refused(error: status_error.StatusError) -> WireResponse:
    headers = {"Content-Type": "application/json", "Connection": "close", **error.headers}
    return WireResponse(error.code, headers, orjson.dumps(error.document()))


def _whole(response: WireResponse) -> web.Response:
    return web.Response(status=response.status, headers=response.headers, body=response.body)


async def _stream(request: web.BaseRequest, response: WireResponse) -> web.StreamResponse:
    """Pass events on as they come; when the client goes, this is cancelled and the watch ends with it."""
    answer = web.StreamResponse(status=response.status, headers=response.headers)
    async with aclosing(cast(AsyncGenerator[bytes, None], response.stream)) as events:
        try:
            await answer.prepare(request)
            async for chunk in events:
                await answer.write(chunk)
            await answer.write_eof()
        except ConnectionError:  # the client has left; aiohttp finds out the same, and closes
            return answer
    return answer
