"""Who is asked: the dock in this process, or a server over HTTPS."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Protocol

import aiohttp
import orjson
from tests.dock.differential.expect import Answer
from tests.dock.differential.script import Request

from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.kit.clock import FakeClock
from dokaseca.ports.wire import WireRequest, WireResponse

_WARNING = re.compile(r'299 - "((?:[^"\\]|\\.)*)"')
_WATCH_SECONDS = 5.0


class Target(Protocol):
    """An API server."""

    is_real: bool

    async def ask(self, request: Request, *, events: int = 0) -> Answer:
        """The answer; of a watch, its first `events` events."""
        ...

    async def settle(self) -> None:
        """Let what happens behind requests go on for a moment."""
        ...


class DockTarget:
    """A new cluster in memory."""

    is_real = False

    def __init__(self) -> None:
        self._api = Api("differential", MemoryStorage(), clock=FakeClock(), ca_pem="CA")
        self._running = asyncio.get_running_loop().create_task(self._api.run())

    async def ask(self, request: Request, *, events: int = 0) -> Answer:
        response = await self._api.handle(
            WireRequest(
                request.method,
                request.path,
                request.query,
                dict(request.headers),
                request.body,
                "admin",
                ("system:masters", "system:authenticated"),
            )
        )
        if response.stream is not None:
            return Answer(response.status, events=await self._events(response, events))
        return whole(response.status, response.body, response.headers.get("Warning", ""))

    async def _events(self, response: WireResponse, count: int) -> tuple[Any, ...]:
        found: list[Any] = []
        stream: Any = response.stream
        try:
            async with asyncio.timeout(_WATCH_SECONDS):
                while len(found) < count:
                    found += [orjson.loads(line) for line in (await anext(stream)).splitlines()]
        except (TimeoutError, StopAsyncIteration):
            pass
        await stream.aclose()
        return tuple(found[:count])

    async def settle(self) -> None:
        while not self._api.collector.is_idle:  # noqa: ASYNC110 - turns of the loop, not time
            await asyncio.sleep(0)

    async def close(self) -> None:
        self._running.cancel()
        await asyncio.wait([self._running])
        self._api.close()


class ServerTarget:
    """A server behind a URL, asked as its administrator."""

    is_real = True

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, request: Request, *, events: int = 0) -> Answer:
        async with self._session.request(
            request.method, request.path, params=request.query, headers=request.headers, data=request.body or None
        ) as response:
            if request.is_watch and response.status == 200:
                return Answer(response.status, events=await self._events(response, events))
            warnings = ", ".join(response.headers.getall("Warning", []))
            return whole(response.status, await response.read(), warnings)

    async def _events(self, response: aiohttp.ClientResponse, count: int) -> tuple[Any, ...]:
        found: list[Any] = []
        try:
            async with asyncio.timeout(_WATCH_SECONDS):
                while len(found) < count and (line := await response.content.readline()):
                    found.append(orjson.loads(line))
        except TimeoutError:
            pass
        response.close()
        return tuple(found)

    async def settle(self) -> None:
        await asyncio.sleep(0.1)  # a real server's controllers give no sign of being done


def whole(status: int, body: bytes, warnings: str) -> Answer:
    """An answer that is not a stream."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    said = tuple(re.sub(r"\\(.)", r"\1", text) for text in _WARNING.findall(warnings))
    return Answer(status, document, body.decode(errors="replace"), said)
