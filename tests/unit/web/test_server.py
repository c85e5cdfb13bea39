from __future__ import annotations

import io
import logging
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio
from yarl import URL

from dokaseca.adapters import chart_folder
from dokaseca.adapters.charts import HttpCharts
from dokaseca.adapters.object_store import DiskStore
from dokaseca.kit import digest
from dokaseca.model.errors import TransientError, UserError
from dokaseca.web.chart_repository import ChartRepository
from dokaseca.web.server import HOST, PUSH_BYTES, Pushes, WebServer

WATCHED = ("https://git.test/addons.git", "https://git.test/workloads.git")


class Served:
    """A server on a free port, and what it was told."""

    def __init__(self, folder: Path) -> None:
        self.charts = folder / "charts"
        self.charts.mkdir()
        self.notified: list[str] = []
        self.server = WebServer(ChartRepository(self.charts), Pushes(lambda: WATCHED, self.notified.append))
        self.url = ""
        self.session: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body; the path goes out as it is written."""
        async with self.session.get(URL(self.url + path, encoded=True)) as response:
            return response.status, response.content_type, await response.read()

    async def push(self, body: bytes, content_type: str = "application/json") -> tuple[int, bytes]:
        url, headers = self.url + "/api/webhook", {"Content-Type": content_type}
        async with self.session.post(url, data=io.BytesIO(body), headers=headers) as response:
            return response.status, await response.read()


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    found = Served(tmp_path)
    found.url = f"http://{HOST}:{await found.server.start()}"
    async with aiohttp.ClientSession() as found.session:
        yield found
    await found.server.stop()


async def test_it_tells_where_the_time_of_a_pass_went(tmp_path: Path) -> None:
    passes = {("argocd", "web"): {"total_seconds": 0.5, "cache_hits": 1}}
    found = Served(tmp_path)
    found.server = WebServer(ChartRepository(found.charts), Pushes(list, print), lambda *key: passes.get(key))
    found.url = f"http://{HOST}:{await found.server.start()}"
    async with aiohttp.ClientSession() as found.session:
        assert (await found.get("/timing/argocd/web"))[::2] == (200, b'{"total_seconds": 0.5, "cache_hits": 1}')
        assert (await found.get("/timing/argocd/other"))[0] == 404
    await found.server.stop()


async def test_it_says_that_it_is_alive(served: Served) -> None:
    assert await served.get("/healthz") == (200, "text/plain", b"ok\n")


async def test_what_is_published_can_be_resolved_and_fetched(served: Served, tmp_path: Path) -> None:
    files = {
        f"{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n".encode()
        for name, version in (("podinfo", "1.2.0"), ("kyverno", "3.0.0"))
    }
    assert chart_folder.publish(served.charts, files) == ["kyverno-3.0.0.tgz", "podinfo-1.2.0.tgz"]
    charts = HttpCharts(DiskStore(tmp_path / "cache"))
    try:
        found = await charts.resolve(served.url + "/charts", "podinfo", ">=1.0.0")
        assert found.version == "1.2.0"
        assert found.url == served.url + "/charts/podinfo-1.2.0.tgz"
        content = await charts.archive(found)
        assert content == (served.charts / "podinfo-1.2.0.tgz").read_bytes()
        assert digest.of_bytes(content) == found.digest
    finally:
        await charts.close()


async def test_an_archive_and_the_index_have_their_types(served: Served) -> None:
    (served.charts / "a.tgz").write_bytes(b"x")
    assert await served.get("/charts/a.tgz") == (200, "application/gzip", b"x")
    assert (await served.get("/charts/index.yaml"))[:2] == (200, "application/yaml")


@pytest.mark.parametrize(
    "path",
    [
        "/charts/none.tgz",
        "/charts/..%2fsecret.tgz",
        "/charts/%2e%2e%2fsecret.tgz",
        "/charts/../secret.tgz",
        "/charts/..%5csecret.tgz",
        "/charts/a%00.tgz",
        "/charts/%2fetc%2fpasswd",
        "/charts/link.tgz",
        "/charts/",
        "/secret.tgz",
        "/",
    ],
)
async def test_nothing_else_is_served(served: Served, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.tgz").write_bytes(b"secret")
    (served.charts / "link.tgz").symlink_to(tmp_path / "secret.tgz")
    status, _, body = await served.get(path)
    assert status == 404
    assert b"secret" not in body


# --- pushes ---------------------------------------------------------------------------------------------------------


async def test_a_push_wakes_the_repository_that_it_names(served: Served) -> None:
    body = orjson.dumps({"repository": {"clone_url": "https://git.test/addons"}})
    assert await served.push(body) == (202, b'{"notified": 1}')
    assert served.notified == [WATCHED[0]]


async def test_a_notification_is_handed_on_whole_and_who_is_woken_by_it_counts(tmp_path: Path) -> None:
    heard: list[Any] = []

    async def refresh(body: Any) -> int:
        heard.append(body)
        return 3

    served = Served(tmp_path)
    served.server = WebServer(ChartRepository(served.charts), Pushes(lambda: WATCHED, served.notified.append, refresh))
    served.url = f"http://{HOST}:{await served.server.start()}"
    body = {"pull_request": {"number": 1}, "repository": {"clone_url": "https://git.test/addons"}}
    async with aiohttp.ClientSession() as served.session:
        assert await served.push(orjson.dumps(body)) == (202, b'{"notified": 4}')
    await served.server.stop()
    assert heard == [body]


async def test_a_notification_must_be_signed_once_a_secret_is_set(tmp_path: Path) -> None:
    found: dict[str, str] = {"webhook.gitlab.secret": "s3cr3t"}
    failing: list[TransientError] = []

    async def secrets() -> dict[str, str]:
        if failing:
            raise failing[0]
        return found

    served = Served(tmp_path)
    pushes = Pushes(lambda: WATCHED, served.notified.append, secrets=secrets)
    served.server = WebServer(ChartRepository(served.charts), pushes)
    served.url = f"http://{HOST}:{await served.server.start()}"
    async with aiohttp.ClientSession(headers={"X-Gitlab-Token": "wr0ng"}) as served.session:
        for body in (b"{}", b"{"):
            assert await served.push(body) == (401, b"the notification is not signed as it must be\n")
        failing.append(TransientError("no answer"))
        assert (await served.push(b"{}"))[0] == 503
        failing.clear()
    assert served.notified == []
    async with aiohttp.ClientSession(headers={"X-Gitlab-Token": "s3cr3t"}) as served.session:
        assert (await served.push(b"{}"))[0] == 202
    await served.server.stop()
    assert served.notified == list(WATCHED)


async def test_a_notification_is_answered_at_once_where_many_repositories_are_watched(tmp_path: Path) -> None:
    watched = [f"https://git.test/team/app-{number}.git" for number in range(1500)]
    body = {"repository": {"clone_url": "https://git.test/team/app-7"}}
    served = Served(tmp_path)
    served.server = WebServer(ChartRepository(served.charts), Pushes(lambda: watched, served.notified.append))
    served.url = f"http://{HOST}:{await served.server.start()}"
    async with aiohttp.ClientSession() as served.session:
        assert await served.push(orjson.dumps(body)) == (202, b'{"notified": 1}')
    await served.server.stop()
    assert served.notified == [watched[7]]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null"])
async def test_a_push_that_names_none_wakes_all(served: Served, body: bytes) -> None:
    assert (await served.push(body))[0] == 202
    assert served.notified == list(WATCHED)


@pytest.mark.parametrize("body", [b"payload=%7B%7D", b"{", b"\xff", b"[" * 5000], ids=["form", "cut", "binary", "deep"])
async def test_a_body_that_is_not_json_is_refused_with_what_to_do(served: Served, body: bytes) -> None:
    said = b"the body is not JSON; have the webhook send application/json\n"
    assert await served.push(body) == (400, said)
    assert await served.push(body, "application/x-www-form-urlencoded") == (415, said)
    assert served.notified == []


async def test_a_web_page_cannot_push_what_needs_no_leave(served: Served) -> None:
    assert (await served.push(b"{}", "text/plain"))[0] == 415
    assert served.notified == []


@pytest.mark.parametrize(("host", "status"), [("localhost:1", 200), ("127.0.0.1", 200), ("evil.test", 421)])
async def test_it_answers_to_its_own_names_only(served: Served, host: str, status: int) -> None:
    async with served.session.get(served.url + "/charts/index.yaml", headers={"Host": host}) as response:
        assert response.status == status


async def test_a_body_that_is_too_large_is_refused(served: Served) -> None:
    assert (await served.push(b'"' + b"x" * (PUSH_BYTES - 2) + b'"'))[0] == 202
    served.notified.clear()
    assert (await served.push(b'"' + b"x" * PUSH_BYTES + b'"'))[0] == 413
    assert served.notified == []


async def test_a_push_is_a_post(served: Served) -> None:
    assert (await served.get("/api/webhook"))[0] == 405


# --- ports ----------------------------------------------------------------------------------------------------------


async def test_a_port_that_is_taken_is_named_with_what_to_do(tmp_path: Path) -> None:
    found = Served(tmp_path)
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"port {port}, .* is in use by another process") as raised:
            await found.server.start(port)
    assert raised.value.reason == "PortInUse"
    assert "state/ports.json" in str(raised.value)
    assert await found.server.start(port) == port
    await found.server.stop()
    await found.server.stop()


async def test_it_listens_on_loopback_only_and_lets_go_when_stopped(served: Served) -> None:
    port = URL(served.url).port or 0
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=2):
        pass
    await served.server.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await served.get("/healthz")


async def test_a_broken_archive_is_told_once_however_often_the_index_is_read(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "dokaseca.web")
    (served.charts / "broken.tgz").write_bytes(b"no")
    bodies: set[Any] = set()
    for _ in range(3):
        bodies.add(await served.get("/charts/index.yaml"))
    assert {status for status, _, _ in bodies} == {200}
    assert [one.getMessage() for one in caplog.records] == ["archive is not a chart"]
