"""An HTTP server on loopback that plays a forge: pages, ETags, logins, and whatever else a test wants to go wrong."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web
from tests.fakes.forges.world import World

PAGE = 2  # entries on a page at most, so that small worlds have several


class ForgeServer:
    """One forge.

    Attributes:
        asked: path and query of each request, in order.
        headers: of each request, in order.
        login: the value of `login_header` that is wanted; empty lets everybody in.
        trouble: answers a request in place of the forge where it returns a response.
        has_etags: whether answers carry an ETag, and 304 is given.
        links_when_unchanged: whether a 304 tells the next page too.
        tls: serves HTTPS with it.
    """

    login_header = "Authorization"

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.login = ""
        self.trouble: Callable[[web.Request], web.Response | None] = lambda request: None
        self.has_etags = False
        self.links_when_unchanged = True
        self.tls: ssl.SSLContext | None = None
        self.page = PAGE
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def handle(self, request: web.Request) -> web.Response:
        """What the forge says."""
        raise NotImplementedError

    def forget(self) -> None:
        """Forget what was asked."""
        self.asked.clear()
        self.headers.clear()
        self.statuses.clear()

    def cut(self, entries: list[Any], number: int, size: int) -> tuple[list[Any], bool]:
        """The entries of page `number` (from 1), and whether more follow."""
        size = min(size, self.page)
        return entries[(number - 1) * size : number * size], len(entries) > number * size

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.raw_path)
        self.headers.append(dict(request.headers))
        response = self.trouble(request)
        if response is None:
            response = await self._given(request)
        self.statuses.append(response.status)
        return response

    async def _given(self, request: web.Request) -> web.Response:
        if self.login and request.headers.get(self.login_header) != self.login:
            return json({"message": "who are you?"}, 401)
        response = await self.handle(request)
        if self.has_etags and request.method == "GET" and response.status == 200:
            assert isinstance(response.body, bytes)
            etag = f'"{hashlib.sha1(response.body).hexdigest()}"'
            if request.headers.get("If-None-Match") == etag:
                kept = ("link",) if self.links_when_unchanged else ()
                links = {name: text for name, text in response.headers.items() if name.lower() in kept}
                return web.Response(status=304, headers=links)
            response.headers["ETag"] = etag
        return response


def json(value: Any, status: int = 200, **headers: str) -> web.Response:
    """A JSON answer; underscores in header names become dashes."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json", headers=named)


def not_found(**more: Any) -> web.Response:
    return json({"message": "Not Found", **more}, 404)
