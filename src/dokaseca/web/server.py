"""The platform's HTTP server, on loopback only."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from dokaseca.model.errors import DokaSecaError, UserError
from dokaseca.web import push, webhook_signature
from dokaseca.web.chart_repository import ChartRepository

HOST = "127.0.0.1"
HOSTS = (HOST, "localhost")
CHARTS_PATH = "/charts"
TIMING_PATH = "/timing"
PUSH_BYTES = 1024 * 1024  # the notifications of the large forges stay below 200 KB

FindTiming = Callable[[str, str], Mapping[str, float | int] | None]


async def _nobody(_body: Any) -> int:
    return 0


def _no_timing(_namespace: str, _name: str) -> Mapping[str, float | int] | None:
    return None


async def _no_secrets() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Pushes:
    """What notifications of forges may do: have something looked at now.

    Attributes:
        watched: the URLs that are polled.
        notify: looks at one of them.
        refresh: takes the whole notification, and tells how many ApplicationSets generate anew because of it.
        secrets: the `webhook.*` keys of argocd-secret; once there is one, notifications must be signed.
    """

    watched: Callable[[], Iterable[str]]
    notify: Callable[[str], None]
    refresh: Callable[[Any], Awaitable[int]] = _nobody
    secrets: Callable[[], Awaitable[Mapping[str, str]]] = _no_secrets


class WebServer:
    """`/healthz`, `/charts/`, `/timing/` and `/api/webhook`.

    Args:
        timing: where the time of the last pass of an Application (namespace, name) went; None where there was none.
    """

    def __init__(self, charts: ChartRepository, pushes: Pushes, timing: FindTiming = _no_timing) -> None:
        self._charts = charts
        self._pushes = pushes
        self._timing = timing
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on `port`, or on a free one; the port.

        Raises:
            UserError: reason PortInUse.
        """
        application = web.Application(client_max_size=PUSH_BYTES, middlewares=[_local_only])
        application.router.add_get("/healthz", _healthz)
        application.router.add_get(f"{CHARTS_PATH}/index.yaml", self._index)
        application.router.add_get(f"{CHARTS_PATH}/{{name}}", self._archive)
        application.router.add_get(f"{TIMING_PATH}/{{namespace}}/{{name}}", self._last_pass)
        application.router.add_post("/api/webhook", self._push)
        runner = web.AppRunner(application, handler_cancellation=True, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, HOST, port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise UserError(
                f"port {port}, where this platform's charts are served, is in use by another process; "
                "stop that process, or delete `state/ports.json` in the platform's folder to have new ports chosen",
                reason="PortInUse",
                subject=f"{HOST}:{port}",
            ) from error
        self._runner = runner
        bound: int = runner.addresses[0][1]
        return bound

    async def stop(self) -> None:
        """Close the port; idempotent."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _index(self, request: web.Request) -> web.Response:
        return web.Response(text=await asyncio.to_thread(self._charts.index), content_type="application/yaml")

    async def _archive(self, request: web.Request) -> web.Response:
        content = await asyncio.to_thread(self._charts.archive_or_none, request.match_info["name"])
        if content is None:
            raise web.HTTPNotFound(text="there is no such chart archive\n")
        return web.Response(body=content, content_type="application/gzip")

    async def _last_pass(self, request: web.Request) -> web.Response:
        found = self._timing(request.match_info["namespace"], request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound(text="there was no pass of such an Application\n")
        return web.json_response(found)

    async def _push(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":  # a web page can send other types to us without being asked
            raise web.HTTPUnsupportedMediaType(text="the body is not JSON; have the webhook send application/json\n")
        content = await request.read()
        try:
            secrets = await self._pushes.secrets()
        except DokaSecaError as error:  # nobody knows whether it must be signed
            raise web.HTTPServiceUnavailable(text="the hub does not answer; send the notification again\n") from error
        if not webhook_signature.is_genuine(request.headers, content, secrets):
            raise web.HTTPUnauthorized(text="the notification is not signed as it must be\n")
        try:
            body = orjson.loads(content or b"{}")
        except orjson.JSONDecodeError as error:
            raise web.HTTPBadRequest(text="the body is not JSON; have the webhook send application/json\n") from error
        urls = push.repositories(body, self._pushes.watched())
        for url in urls:
            self._pushes.notify(url)
        return web.json_response({"notified": len(urls) + await self._pushes.refresh(body)}, status=202)


@web.middleware
async def _local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer to our own names only: a web page whose name was rebound to loopback comes with its own."""
    if request.host.rpartition(":")[0] not in HOSTS and request.host not in HOSTS:
        raise web.HTTPMisdirectedRequest(text=f"this server answers to {' and '.join(HOSTS)} only\n")
    return await handler(request)


async def _healthz(request: web.Request) -> web.Response:
    return web.Response(text="ok\n")
