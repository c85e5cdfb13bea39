"""HTTP to an API server of our own on the loopback interface: trust, credentials, bounds and broken connections."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

import orjson
import pytest
import pytest_asyncio
from aiohttp import web

from dokaseca.adapters import kube_wire
from dokaseca.adapters.kube_wire import Credentials, FunctionWire, HttpWire
from dokaseca.dock.dock import Dock, DockCluster
from dokaseca.model.errors import DeniedError, TransientError, UserError
from dokaseca.ports.wire import WireRequest, WireResponse

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GET = WireRequest("GET", "/version")
WATCH = WireRequest("GET", "/watch", (("watch", "true"),))


class Server:
    """Answers with `handler`; `requests` lists (method, raw path, headers)."""

    def __init__(self) -> None:
        self.port = 0
        self.handler: Handler = self.empty
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    async def empty(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"path": request.path, "query": list(request.query.items())})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.method, request.raw_path, headers))
        return await self.handler(request)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


async def send(url: str, request: WireRequest = GET, **credentials: Any) -> WireResponse:
    wire = HttpWire(url, Credentials(**credentials))
    try:
        return await wire.send(request)
    finally:
        await wire.close()
        await wire.close()


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ({}, None),
        ({"token": "t0ken"}, "Bearer t0ken"),
        ({"token": "t0ken\n"}, "Bearer t0ken"),
        ({"username": "ada", "password": "p:ä"}, "Basic " + base64.b64encode("ada:p:ä".encode()).decode()),
        ({"token": "t0ken", "username": "ada"}, "Bearer t0ken"),
    ],
)
async def test_credentials_are_sent(credentials: dict[str, str], header: str | None, server: Server) -> None:
    await send(server.url, **credentials)
    assert server.requests[0][2].get("authorization") == header


async def test_a_token_that_cannot_be_a_header_is_the_users_error_and_is_not_told(server: Server) -> None:
    with pytest.raises(
        UserError, match=r"credentials for .* cannot be sent; is there a line break in a token"
    ) as caught:
        await send(server.url, token="t0k\nen: x")
    assert caught.value.reason == "InvalidCredentials"
    assert "t0k" not in str(caught.value)


async def test_paths_and_queries_arrive_as_they_were_meant(server: Server) -> None:
    path = "/apis/x/Ada Lovelace/q?x#y/a@b:c/ü%2f+"
    query = (("labelSelector", "a in (b,c),d=e&f"), ("continue", "x+/="))
    answer = await send(server.url + "/prefix/", WireRequest("GET", path, query))
    assert answer.body
    assert orjson.loads(answer.body) == {"path": f"/prefix{path}", "query": [list(one) for one in query]}


async def test_status_headers_and_body_come_back_whatever_they_are(server: Server) -> None:
    async def teapot(request: web.Request) -> web.StreamResponse:
        return web.Response(status=418, body=await request.read(), headers={"X-Kind": "Tea"})

    server.handler = teapot
    answer = await send(server.url, WireRequest("POST", "/x", body=b"hello", headers={"content-type": "text/x"}))
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (418, b"hello", "Tea")
    assert server.requests[0][2]["content-type"] == "text/x"


async def test_redirects_are_not_followed_with_our_credentials(server: Server) -> None:
    async def away(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    server.handler = away
    assert (await send(server.url, token="t0ken")).status == 302
    assert len(server.requests) == 1


async def test_answers_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * 200_000)

    server.handler = large
    monkeypatch.setattr(kube_wire, "ANSWER_BYTES", 100_000)
    with pytest.raises(TransientError, match="gave an answer of more than 100000 bytes") as caught:
        await send(server.url)
    assert caught.value.reason == "BadAnswer"


async def test_a_watch_yields_chunks_until_the_server_ends_it(server: Server) -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in (b"one\n", b"two\n"):
            await response.write(chunk)
        return response

    server.handler = stream
    wire = HttpWire(server.url, Credentials())
    answer = await wire.send(WATCH)
    assert answer.stream is not None
    assert b"".join([chunk async for chunk in answer.stream]) == b"one\ntwo\n"
    await wire.close()


async def test_a_watch_that_is_cut_off_is_unreachable(server: Server) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one\n")
        assert request.transport is not None
        request.transport.abort()
        return response

    server.handler = cut
    wire = HttpWire(server.url, Credentials())
    answer = await wire.send(WATCH)
    assert answer.stream is not None
    with pytest.raises(TransientError, match="the watch was cut off"):
        async for _ in answer.stream:
            pass
    await wire.close()


async def test_a_watch_that_is_refused_is_an_ordinary_answer(server: Server) -> None:
    async def gone(request: web.Request) -> web.StreamResponse:
        return web.Response(status=410, body=b"{}")

    server.handler = gone
    answer = await send(server.url, WATCH)
    assert (answer.status, answer.stream, answer.body) == (410, None, b"{}")


async def test_a_watch_that_is_let_go_frees_the_server(server: Server) -> None:
    ended = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"tick\n")
                await asyncio.sleep(0.01)
        except (ConnectionError, asyncio.CancelledError):
            ended.set()
            raise

    server.handler = endless
    wire = HttpWire(server.url, Credentials())
    answer = await wire.send(WATCH)
    async with aclosing(cast(Any, answer.stream)) as chunks:
        assert await anext(chunks)
    async with asyncio.timeout(5):
        await ended.wait()
    await wire.close()


async def test_a_closed_port_and_a_broken_connection_are_unreachable(server: Server) -> None:
    async def drop(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.handler = drop
    for url in ("http://127.0.0.1:9", server.url, "http://no-such-host.invalid"):
        with pytest.raises(
            TransientError, match=rf"{url} does not answer \(.*\); check that the cluster is up"
        ) as caught:
            await send(url)
        assert caught.value.reason == "ClusterUnreachable"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def dock() -> AsyncIterator[DockCluster]:
    dock = Dock()
    yield await dock.start("test", folder=None)
    await dock.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_tls_needs_the_right_authority(dock: DockCluster) -> None:
    assert (await send(dock.server_url, ca_pem=dock.ca_pem)).status == 200
    assert (await send(dock.server_url, insecure=True)).status == 200
    with pytest.raises(DeniedError, match="is not signed by the expected authority; check the CA") as caught:
        await send(dock.server_url)
    assert caught.value.reason == "CertificateRefused"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_client_certificate_tells_who_we_are(dock: DockCluster) -> None:
    request = WireRequest("GET", "/api/v1/namespaces")
    keys = {"client_cert_pem": dock.client_cert_pem, "client_key_pem": dock.client_key_pem}
    assert (await send(dock.server_url, request, ca_pem=dock.ca_pem, **keys)).status == 200
    assert (await send(dock.server_url, request, ca_pem=dock.ca_pem)).status == 401
    assert (await send(dock.server_url, request, ca_pem=dock.ca_pem, token="wrong")).status == 401


@pytest.mark.asyncio(loop_scope="module")
async def test_the_certificate_must_be_for_the_name_that_is_expected(dock: DockCluster) -> None:
    assert (await send(dock.server_url, ca_pem=dock.ca_pem, server_name="localhost")).status == 200
    with pytest.raises(DeniedError, match="is not signed by the expected authority"):
        await send(dock.server_url, ca_pem=dock.ca_pem, server_name="other.example.com")


@pytest.mark.parametrize(
    "credentials",
    [
        {"ca_pem": "no pem"},
        {"ca_pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
        {"client_cert_pem": "x", "client_key_pem": "y"},
    ],
)
def test_keys_that_do_not_parse_are_the_users_error(credentials: dict[str, str]) -> None:
    with pytest.raises(UserError, match="is not valid PEM; correct the kubeconfig") as caught:
        kube_wire.tls_context(Credentials(**credentials))
    assert caught.value.reason == "InvalidCredentials"


async def test_a_function_wire_says_who_asks() -> None:
    seen: list[WireRequest] = []

    async def handle(request: WireRequest) -> WireResponse:
        seen.append(request)
        return WireResponse(200)

    wire = FunctionWire(handle, "ada", ("ops",))
    await wire.send(WireRequest("GET", "/x", user="forged", groups=("system:masters",)))
    await wire.close()
    assert [(one.user, one.groups, one.path) for one in seen] == [("ada", ("ops",), "/x")]
