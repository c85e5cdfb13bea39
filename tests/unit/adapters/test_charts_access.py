"""Chart repositories behind a login: of a Secret, for its own server only."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from tests.fakes.charts import CHART, pack

from dokaseca.adapters import http_access
from dokaseca.adapters.charts import HttpCharts
from dokaseca.adapters.object_store import DiskStore
from dokaseca.flow.source.access import Access
from dokaseca.model.errors import DeniedError, UserError

LOGIN = "Basic " + base64.b64encode(b"ada:s3cr3t").decode()
ADA = Access(username="ada", password="s3cr3t")


class Server:
    """One chart behind a login."""

    def __init__(self) -> None:
        self.port = 0
        self.wants = LOGIN
        self.archive_at = "demo.tgz"
        self.leads_to = ""
        self.seen: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        self.seen.append((request.path, given))
        if self.leads_to and request.path.endswith(".tgz"):
            raise web.HTTPFound(self.leads_to)
        if self.wants and given != self.wants:
            return web.Response(status=401)
        if request.path == "/index.yaml":
            index = f"apiVersion: v1\nentries:\n  demo:\n  - version: 1.2.3\n    urls: [{self.archive_at}]\n"
            return web.Response(text=index)
        return web.Response(body=pack({"Chart.yaml": CHART}))


@pytest_asyncio.fixture
async def servers() -> AsyncIterator[tuple[Server, Server]]:
    pair, runners = (Server(), Server()), []
    for one in pair:
        app = web.Application()
        app.router.add_get("/{path:.*}", one.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        one.port = runner.addresses[0][1]
        runners.append(runner)
    yield pair
    for runner in runners:
        await runner.cleanup()


class Who:
    """The credentials of the moment."""

    def __init__(self, everybody: Access, blue: Access | None = None) -> None:
        self.everybody, self.blue = everybody, blue

    async def find(self, _url: str, scope: str) -> Access:
        return self.blue if scope and self.blue is not None else self.everybody

    def scope(self, _url: str, project: str) -> str:
        return project if project == "blue" and self.blue is not None else ""


async def test_index_and_archive_are_read_with_the_login(servers: tuple[Server, Server], tmp_path: Path) -> None:
    server = servers[0]
    charts = HttpCharts(DiskStore(tmp_path), Who(ADA).find)
    try:
        found = await charts.resolve(server.url, "demo", "^1")
        assert found.version == "1.2.3"
        assert await charts.archive(found) == pack({"Chart.yaml": CHART})
        assert server.seen == [("/index.yaml", LOGIN), ("/demo.tgz", LOGIN)]
    finally:
        await charts.close()


@pytest.mark.parametrize("how", ["index", "redirect"])
async def test_another_server_gets_no_login(how: str, servers: tuple[Server, Server], tmp_path: Path) -> None:
    ours, theirs = servers
    theirs.wants = ""
    target = f"{theirs.url}/x.tgz"
    if how == "index":
        ours.archive_at = target
    else:
        ours.leads_to = target
    charts = HttpCharts(DiskStore(tmp_path), Who(ADA).find)
    try:
        await charts.archive(await charts.resolve(ours.url, "demo", "1.2.3"))
        assert theirs.seen == [("/x.tgz", "")]
    finally:
        await charts.close()


async def test_a_corrected_secret_counts_at_once(servers: tuple[Server, Server], tmp_path: Path) -> None:
    who = Who(Access(username="ada", password="wr0ng"))
    charts = HttpCharts(DiskStore(tmp_path), who.find)
    try:
        with pytest.raises(DeniedError, match="check the repository Secret") as caught:
            await charts.resolve(servers[0].url, "demo", "1.2.3")
        assert "wr0ng" not in str(caught.value)
        who.everybody = ADA
        assert (await charts.resolve(servers[0].url, "demo", "1.2.3")).version == "1.2.3"
        who.everybody = Access()
        with pytest.raises(DeniedError):
            await charts.resolve(servers[0].url, "demo", "1.2.3")
    finally:
        await charts.close()


async def test_what_a_project_may_read_is_not_everybodys(servers: tuple[Server, Server], tmp_path: Path) -> None:
    who = Who(Access(), ADA)
    charts = HttpCharts(DiskStore(tmp_path), who.find, who.scope)
    try:
        found = await charts.resolve(servers[0].url, "demo", "1.2.3", "blue")
        assert found.scope == "blue"
        await charts.archive(found)
        for project in ("", "red"):
            with pytest.raises(DeniedError):
                await charts.resolve(servers[0].url, "demo", "1.2.3", project)
    finally:
        await charts.close()


def test_a_request_gets_proxy_token_and_trust_of_its_own_server_only() -> None:
    access = Access(bearer_token="t0ken", proxy="http://p:1", no_proxy="own.example.com", insecure=True)
    own = http_access.options("https://own.example.com:443/x", "https://own.example.com/charts", access)
    assert own["headers"] == {"Authorization": "Bearer t0ken"}
    assert "proxy" not in own
    assert not own["ssl"].check_hostname
    for url in ("https://other.example.com/x", "http://own.example.com/x", "https://own.example.com:8443/x"):
        other = http_access.options(url, "https://own.example.com/charts", access)
        assert "headers" not in other
        assert "ssl" not in other


@pytest.mark.parametrize("access", [Access(ca_pem="no PEM"), Access(tls_cert="no PEM", tls_key="no PEM")])
def test_a_certificate_that_is_none_is_told(access: Access) -> None:
    with pytest.raises(UserError, match="a certificate or key for this server cannot be read"):
        http_access.options("https://h/x", "https://h", access)
