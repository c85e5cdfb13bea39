"""Which connections a listener holds: counted from the first byte, and let go when nothing comes over them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HANDSHAKE_SECONDS: Final = 10.0  # for TLS: on loopback it takes milliseconds


class Connections(web.Server):
    """aiohttp's server, which also knows the connections whose handshake is under way, and who has yet to ask.

    Args:
        handler: answers a request; `began` is to be called for it.
        head_seconds: how long a new connection may take to send the head of its first request.
    """

    def __init__(self, handler: Any, *, head_seconds: Callable[[], float], **options: Any) -> None:
        super().__init__(handler, **options)
        self._head_seconds = head_seconds
        self._shaking: dict[RequestHandler, float] = {}
        self._silent: dict[RequestHandler, asyncio.TimerHandle] = {}

    @property
    def count(self) -> int:
        """Open connections, those in their handshake included."""
        now = asyncio.get_running_loop().time()
        for handler, since in list(self._shaking.items()):
            if since > now - HANDSHAKE_SECONDS:
                break  # they stand in the order of their times
            del self._shaking[handler]
        return len(self._connections) + len(self._shaking)

    def accept(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        handler = self()
        self._shaking[handler] = asyncio.get_running_loop().time()
        return handler

    def began(self, handler: RequestHandler | None) -> None:
        """A request has come over this connection: from now on the limits of requests hold."""
        if handler is not None and (timer := self._silent.pop(handler, None)) is not None:
            timer.cancel()

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        self._shaking.pop(handler, None)
        self._silent[handler] = asyncio.get_running_loop().call_later(self._head_seconds(), transport.abort)
        super().connection_made(handler, transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        self.began(handler)
        super().connection_lost(handler, exc)
