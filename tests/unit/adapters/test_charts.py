"""Chart repositories: a server of our own on the loopback interface."""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from tests.fakes.charts import CHART, pack, pack_member

from dokaseca.adapters import charts as adapter
from dokaseca.adapters import http_answer
from dokaseca.adapters.charts import HttpCharts
from dokaseca.kit import bounds, digest, yaml_out
from dokaseca.model.errors import DeniedError, IntegrityError, TransientError, UserError
from dokaseca.model.revision import ChartVersion

ARCHIVE = pack({"Chart.yaml": CHART})
VERSIONS = ("1.2.3", "1.10.0", "v1.3.0", "2.0.0-rc.1", "0.9.0")


class MemoryStore:
    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def get_or_none(self, key: str) -> bytes | None:
        return self.entries.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.entries[key] = value


class Server:
    """A chart repository under `/repo/`; `answers` overrides what a path gives, `asked` lists paths.

    Attributes:
        login: the Authorization header that it wants, empty for none.
    """

    def __init__(self) -> None:
        self.port = 0
        self.login = ""
        self.answers: dict[str, web.Response] = {}
        self.asked: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.index = index({"demo": [entry(one) for one in VERSIONS]})

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.host}/repo"

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        given = request.headers.get("Authorization", "")
        self.logins.append((request.path, given))
        if self.login and given != self.login:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        if request.path in self.answers:
            answer = self.answers[request.path]
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        if request.path == "/repo/index.yaml":
            return web.Response(body=self.index)
        return web.Response(body=ARCHIVE) if request.path.endswith(".tgz") else web.Response(status=404)


def entry(version: str, **more: Any) -> dict[str, Any]:
    known = {"urls": [f"charts/demo-{version}.tgz"], "digest": digest.of_bytes(ARCHIVE)}
    return {"name": "demo", "version": version, **known, **more}


def index(entries: Any) -> bytes:
    return yaml_out.dump({"apiVersion": "v1", "entries": entries}).encode()


def answer(status: int = 200, body: bytes = b"", **headers: str) -> web.Response:
    return web.Response(
        status=status, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@pytest_asyncio.fixture
async def charts() -> AsyncIterator[HttpCharts]:
    charts = HttpCharts(MemoryStore())
    yield charts
    await charts.close()
    await charts.close()


# --- versions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("1.2.3", "1.2.3"),
        ("v1.2.3", "1.2.3"),
        ("1.3.0", "v1.3.0"),
        ("*", "1.10.0"),
        ("", "1.10.0"),
        ("1.x", "1.10.0"),
        ("~1.2", "1.2.3"),
        (">=1.0.0 <1.5.0", "v1.3.0"),
        (">=2.0.0-0", "2.0.0-rc.1"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
    ],
)
async def test_versions_and_ranges_are_pinned(wanted: str, found: str, server: Server, charts: HttpCharts) -> None:
    assert await charts.resolve(server.url, "demo", wanted) == ChartVersion(
        server.url, "demo", found, f"{server.url}/charts/demo-{found}.tgz", digest.of_bytes(ARCHIVE)
    )


async def test_what_is_not_there_is_told_with_what_is(server: Server, charts: HttpCharts) -> None:
    with pytest.raises(
        UserError, match=r"chart 'demo' has no version '3\.0\.0' \(there: .*1\.2\.3.*correct target"
    ) as one:
        await charts.resolve(server.url, "demo", "3.0.0")
    with pytest.raises(UserError, match=r"chart 'nope' is not in the repository \(charts there: demo\)") as two:
        await charts.resolve(server.url, "nope", "*")
    assert {one.value.reason, two.value.reason} == {"ChartNotFound"}


@pytest.mark.parametrize("url", ["oci://example.com/charts", "example.com/charts", "file:///etc", "", "ftp://x"])
async def test_other_kinds_of_repositories_are_refused(url: str, charts: HttpCharts) -> None:
    with pytest.raises(UserError, match=r"read over http:// and https:// with an index\.yaml") as caught:
        await charts.resolve(url, "demo", "*")
    assert caught.value.reason == "UnsupportedSource"


async def test_relative_absolute_and_rooted_urls(server: Server, charts: HttpCharts) -> None:
    server.index = index(
        {
            "relative": [entry("1.0.0", urls=["a/b.tgz"])],
            "rooted": [entry("1.0.0", urls=["/c.tgz"])],
            "absolute": [entry("1.0.0", urls=["https://cdn.example.com/d.tgz?x=1"])],
        }
    )
    urls = [(await charts.resolve(server.url + "/", one, "*")).url for one in ("relative", "rooted", "absolute")]
    assert urls == [f"{server.url}/a/b.tgz", f"{server.host}/c.tgz", "https://cdn.example.com/d.tgz?x=1"]


# --- caching --------------------------------------------------------------------------------------------------------


async def test_an_index_is_read_once_by_many_and_again_when_it_is_old(
    server: Server, charts: HttpCharts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.gather(*(charts.resolve(server.url, "demo", "*") for _ in range(20)))
    assert server.asked == ["/repo/index.yaml"]
    monkeypatch.setattr(adapter, "INDEX_SECONDS", 0.0)
    server.index = index({"demo": [entry("9.0.0")]})
    assert (await charts.resolve(server.url, "demo", "*")).version == "9.0.0"
    assert len(server.asked) == 2


async def test_what_an_index_does_not_hold_is_looked_for_again_soon(
    server: Server, charts: HttpCharts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"has no version '9\.0\.0'"):
        await charts.resolve(server.url, "demo", "9.0.0")
    server.index = index({"demo": [entry("9.0.0")]})
    with pytest.raises(UserError, match=r"has no version '9\.0\.0'"):
        await charts.resolve(server.url, "demo", "9.0.0")
    assert len(server.asked) == 1, "not at once: a thousand Applications may ask"
    monkeypatch.setattr(adapter, "MISS_SECONDS", 0.0)
    assert (await charts.resolve(server.url, "demo", "9.0.0")).version == "9.0.0"
    assert len(server.asked) == 2


async def test_a_pinned_version_that_is_known_asks_nobody(
    server: Server, charts: HttpCharts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await charts.resolve(server.url, "demo", "1.2.3")
    monkeypatch.setattr(adapter, "INDEX_SECONDS", 0.0)
    await charts.resolve(server.url, "demo", "1.2.3")
    assert len(server.asked) == 1


async def test_an_archive_is_fetched_once(server: Server, charts: HttpCharts) -> None:
    version = await charts.resolve(server.url, "demo", "1.2.3")
    assert await charts.archive(version) == ARCHIVE
    server.answers["/repo/charts/demo-1.2.3.tgz"] = answer(500)
    assert await charts.archive(version) == ARCHIVE
    assert server.asked.count("/repo/charts/demo-1.2.3.tgz") == 1


async def test_a_failure_is_told_to_all_without_asking_again_for_a_while(
    server: Server, charts: HttpCharts, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/repo/index.yaml"] = answer(503)
    for _ in range(5):
        with pytest.raises(TransientError, match="HTTP status 503") as caught:
            await charts.resolve(server.url, "demo", "*")
        assert len(caught.traceback) < 8
    assert len(server.asked) == 1
    monkeypatch.setattr(adapter, "FAILURE_SECONDS", 0.0)
    del server.answers["/repo/index.yaml"]
    assert (await charts.resolve(server.url, "demo", "*")).version == "1.10.0"


# --- what goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "reason", "message"),
    [
        (401, DeniedError, "RepositoryDenied", r"refused our credentials \(HTTP 401\); check the repository Secret"),
        (403, DeniedError, "RepositoryDenied", "refused our credentials"),
        (404, UserError, "ChartNotFound", r"no such file \(HTTP 404\); check repoURL"),
        (429, TransientError, "RepositoryUnreachable", "HTTP status 429"),
        (500, TransientError, "RepositoryUnreachable", r"does not answer \(HTTP status 500\).*it is tried again"),
        (204, TransientError, "RepositoryUnreachable", "HTTP status 204"),
    ],
)
async def test_status_codes_become_typed_errors(
    status: int, kind: type[Exception], reason: str, message: str, server: Server, charts: HttpCharts
) -> None:
    server.answers["/repo/index.yaml"] = answer(status)
    with pytest.raises(kind, match=message) as caught:
        await charts.resolve(server.url, "demo", "*")
    assert getattr(caught.value, "reason", "") == reason
    server.answers["/repo/charts/x.tgz"] = answer(status)
    with pytest.raises(kind, match=message):
        await charts.archive(ChartVersion(server.url, "demo", "1", f"{server.url}/charts/x.tgz"))


@pytest.mark.parametrize(
    "body", [b"", b"- a\n", b"entries: [a]\n", b"entries: text\n", b"<html>hello</html>", b"[" * 5]
)
async def test_an_index_that_is_none_is_told(body: bytes, server: Server, charts: HttpCharts) -> None:
    server.index = body
    with pytest.raises(UserError, match=r"no index of Helm charts|index\.yaml:\d:") as caught:
        await charts.resolve(server.url, "demo", "*")
    assert caught.value.reason == "InvalidIndex"


async def test_entries_that_are_none_are_passed_over(server: Server, charts: HttpCharts) -> None:
    broken: list[Any] = ["text", {}, {"version": "5.0.0"}, entry("6.0.0", urls=[]), entry("7.0.0", urls="x"), None]
    server.index = index({"demo": [*broken, entry("1.0.0")], "other": "text", "none": None})
    assert (await charts.resolve(server.url, "demo", "*")).version == "1.0.0"
    with pytest.raises(UserError, match="has no version"):
        await charts.resolve(server.url, "other", "*")


async def test_a_wrong_digest_stops_everything(server: Server, charts: HttpCharts) -> None:
    server.index = index({"demo": [entry("1.0.0", digest="0" * 64)]})
    version = await charts.resolve(server.url, "demo", "*")
    for _ in range(2):
        with pytest.raises(
            IntegrityError, match=r"demo 1\.0\.0 does not have the digest that the index tells"
        ) as caught:
            await charts.archive(version)
        assert caught.value.reason == "DigestMismatch"


@pytest.mark.parametrize("text", ["", digest.of_bytes(ARCHIVE).upper(), f"sha256:{digest.of_bytes(ARCHIVE)}"])
async def test_digests_come_in_several_forms(text: str, server: Server, charts: HttpCharts) -> None:
    server.index = index({"demo": [entry("1.0.0", digest=text)]})
    assert await charts.archive(await charts.resolve(server.url, "demo", "*")) == ARCHIVE


async def test_a_large_index_is_refused(server: Server, charts: HttpCharts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "CHART_INDEX_BYTES", 2**20)
    server.index = b"#" * (2**20 + 1)
    with pytest.raises(UserError, match="is larger than 1 MiB") as caught:
        await charts.resolve(server.url, "demo", "*")
    assert caught.value.reason == "TooLarge"


async def test_a_packed_answer_counts_unpacked(
    server: Server, charts: HttpCharts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CHART_INDEX_BYTES", 2**20)
    server.answers["/repo/index.yaml"] = answer(body=gzip.compress(b"#" * 20 * 2**20), Content_Encoding="gzip")
    with pytest.raises(UserError, match="is larger than 1 MiB"):
        await charts.resolve(server.url, "demo", "*")


async def test_an_index_that_multiplies_itself_is_refused(server: Server, charts: HttpCharts) -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    server.index = f"l0: &l0 [a, a]\n{levels}entries: {{}}\n".encode()
    with pytest.raises(UserError, match="aliases expand to more than") as caught:
        await charts.resolve(server.url, "demo", "*")
    assert caught.value.reason == "InvalidIndex"


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"<html>", "archive cannot be read"),
        (gzip.compress(b"no tar" * 1000, mtime=0), "archive cannot be read"),
        (pack_member("demo/link", kind=b"2", link="/etc/passwd"), r"'demo/link' is a link or device, not a file"),
        (pack_member("demo/hard", kind=b"1", link="demo/Chart.yaml"), "is a link or device"),
        (pack_member("../evil", content=b"x"), r"'\.\./evil' leaves the chart"),
        (pack_member("demo/../../evil"), "leaves the chart"),
        (pack_member("/etc/evil"), "leaves the chart"),
    ],
)
async def test_archives_that_are_not_what_they_seem_are_refused_and_not_kept(
    archive: bytes, message: str, server: Server, charts: HttpCharts
) -> None:
    server.answers["/repo/x.tgz"] = answer(body=archive)
    version = ChartVersion(server.url, "demo", "1", f"{server.url}/x.tgz")
    for _ in range(2):
        with pytest.raises(UserError, match=message) as caught:
            await charts.archive(version)
        assert caught.value.reason == "InvalidChart"


async def test_an_archive_that_unpacks_to_very_much_is_refused(
    server: Server, charts: HttpCharts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CHART_UNPACKED_BYTES", 2**20)
    server.answers["/repo/x.tgz"] = answer(body=pack({"Chart.yaml": CHART, "zeros": b"\0" * 20 * 2**20}))
    with pytest.raises(UserError, match="the chart unpacks to more than 1 MiB"):
        await charts.archive(ChartVersion(server.url, "demo", "1", f"{server.url}/x.tgz"))


async def test_a_closed_port_and_an_unknown_host_say_what_is_wrong(charts: HttpCharts) -> None:
    with pytest.raises(
        TransientError, match=r"does not answer \(no connection: .*\); check the URL and the network"
    ) as one:
        await charts.resolve("http://user:pa55@127.0.0.1:9/x", "demo", "*")
    assert one.value.reason == "RepositoryUnreachable"
    assert "pa55" not in str(one.value)
    with pytest.raises(TransientError, match=r"its host name is not known|no connection"):
        await charts.resolve("http://no-such-host.invalid/x", "demo", "*")


async def test_an_answer_that_breaks_off_is_unreachable(server: Server, charts: HttpCharts) -> None:
    server.answers["/repo/index.yaml"] = answer(302, Location="http://127.0.0.1:9/x")
    with pytest.raises(TransientError, match="no connection"):
        await charts.resolve(server.url, "demo", "*")


# --- credentials and redirects --------------------------------------------------------------------------------------


async def test_a_login_in_the_url_is_sent_to_its_own_server_and_shown_nowhere(
    server: Server, charts: HttpCharts
) -> None:
    server.login = "Basic " + base64.b64encode(b"ada:pa55").decode()
    url = server.url.replace("http://", "http://ada:pa55@")
    server.index = index(
        {
            "relative": [entry("1.0.0")],
            "absolute": [entry("1.0.0", urls=[f"{server.url}/same.tgz"])],
            "elsewhere": [entry("1.0.0", urls=[f"http://localhost:{server.port}/other.tgz"])],
        }
    )
    for name in ("relative", "absolute"):
        assert await charts.archive(await charts.resolve(url, name, "*")) == ARCHIVE
    with pytest.raises(DeniedError) as denied:
        await charts.archive(await charts.resolve(url, "elsewhere", "*"))
    assert server.logins[-1] == ("/other.tgz", ""), "another host never gets the login"
    with pytest.raises(UserError) as missing:
        await charts.resolve(url, "nope", "*")
    for error in (denied, missing):
        assert "pa55" not in str(error.value)
    with pytest.raises(DeniedError, match="refused our credentials"):
        await charts.resolve(server.url, "relative", "*")


async def test_redirects_are_followed_and_the_login_stays_behind(server: Server, charts: HttpCharts) -> None:
    server.login = "Basic " + base64.b64encode(b"ada:pa55").decode()
    server.answers["/repo/index.yaml"] = answer(301, Location="/moved/index.yaml")
    server.answers["/moved/index.yaml"] = answer(body=server.index)
    url = server.url.replace("http://", "http://ada:pa55@")
    version = await charts.resolve(url, "demo", "1.2.3")
    server.answers["/repo/charts/demo-1.2.3.tgz"] = answer(307, Location=f"http://localhost:{server.port}/cdn.tgz")
    with pytest.raises(DeniedError):
        await charts.archive(version)
    assert server.logins[-1] == ("/cdn.tgz", "")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.com/x", "gopher://x", "data:text/plain,x"])
async def test_redirects_out_of_http_are_refused(location: str, server: Server, charts: HttpCharts) -> None:
    server.answers["/repo/index.yaml"] = answer(302, Location=location)
    with pytest.raises(UserError, match=r"the server sends us from http to .*, which is not followed") as caught:
        await charts.resolve(server.url, "demo", "*")
    assert caught.value.reason == "UnsafeRedirect"


def test_redirects_never_leave_tls() -> None:
    assert http_answer.redirected("https://a/x", "https://b/y") == "https://b/y"
    assert http_answer.redirected("http://a/x", "https://a/x") == "https://a/x"
    assert http_answer.redirected("https://u:p@a/x", "/y") == "https://u:p@a/y"
    assert http_answer.redirected("https://u:p@a/x", "https://a/y") == "https://u:p@a/y"
    assert http_answer.redirected("https://u:p@a/x", "https://b/y") == "https://b/y"
    with pytest.raises(UserError, match="from https to http"):
        http_answer.redirected("https://a/x", "http://a/x")


async def test_redirects_in_a_circle_end(server: Server, charts: HttpCharts) -> None:
    server.answers["/repo/index.yaml"] = answer(302, Location="/repo/index.yaml")
    with pytest.raises(TransientError, match="more than 5 redirects"):
        await charts.resolve(server.url, "demo", "*")
    assert len(server.asked) == http_answer.REDIRECTS + 1
