"""Which connections a listener serves: let go when nothing comes over them, known once their client shows itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

from dokaseca.dock.sockets import Door

HANDSHAKE_SECONDS: Final = 5.0  # for TLS: on loopback it takes milliseconds
FAULTS_OF_CLIENTS: Final = (ConnectionError, HttpProcessingError, web.RequestPayloadError)


class Connections(web.Server):
    """aiohttp's server, which also knows who has yet to ask, and tells its door who has shown who it is.

    Args:
        handler: answers a request; `began` is to be called for it.
        head_seconds: how long a new connection may take to send the head of its first request.
    """

    def __init__(self, handler: Any, *, head_seconds: Callable[[], float], **options: Any) -> None:
        super().__init__(handler, logger=_Log(logging.getLogger("dokaseca.dock"), {}), **options)
        self._head_seconds = head_seconds
        self._silent: dict[RequestHandler, asyncio.TimerHandle] = {}
        self.door: Door | None = None

    def began(self, handler: RequestHandler | None) -> None:
        """A request has come over this connection: from now on the limits of requests hold."""
        if handler is not None and (timer := self._silent.pop(handler, None)) is not None:
            timer.cancel()

    def welcome(self, transport: asyncio.BaseTransport) -> None:
        """The client of this connection has shown who it is."""
        accepted = transport.get_extra_info("socket")
        if self.door is not None and accepted is not None:
            self.door.welcome(accepted.fileno())

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        if transport.get_extra_info("peercert"):
            self.welcome(transport)
        self._silent[handler] = asyncio.get_running_loop().call_later(self._head_seconds(), transport.abort)
        super().connection_made(handler, transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        self.began(handler)
        super().connection_lost(handler, exc)


class _Log(logging.LoggerAdapter[logging.Logger]):
    """What clients do wrong, or when they go away, is no error of ours: anybody could fill the log with it."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **options: Any) -> None:
        level = logging.DEBUG if isinstance(exc_info, FAULTS_OF_CLIENTS) else logging.ERROR
        self.log(level, msg, *args, exc_info=exc_info, **options)
