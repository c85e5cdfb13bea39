"""Clients that mean harm, or know no better: an error or a closed connection, and the server lives."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from dokaseca.dock import connections, http
from dokaseca.dock.dock import Dock, DockCluster

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
LIMIT = 3 * 1024 * 1024
GROWTH_BYTES = 64 * 1024 * 1024  # what the process may keep after an attack; a leak of bodies would be hundreds
BOMB = "\n".join(
    ["a: &a [x,x,x,x,x,x,x,x,x]"]
    + [
        f"{after}: &{after} [{','.join(['*' + before] * 9)}]"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    ]
)


@dataclass(frozen=True)
class Door:
    """One cluster's port, opened by hand: what is sent is what is written."""

    cluster: DockCluster
    trust: ssl.SSLContext

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.cluster.port, ssl=self.trust)

    async def post(self, body: bytes, content: str = "application/json", *, headers: str = "") -> tuple[int, bytes]:
        return await self.ask(f"POST {CONFIG_MAPS} HTTP/1.1", body, content, headers=headers)

    async def ask(self, line: str, body: bytes, content: str, *, headers: str = "") -> tuple[int, bytes]:
        reader, writer = await self.open()
        head = f"{line}\r\nHost: x\r\nContent-Type: {content}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        try:
            writer.write(head.encode() + body)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            return await answer(reader)
        finally:
            await closed(writer)

    async def is_alive(self) -> bool:
        code, _ = await self.ask("GET /healthz HTTP/1.1", b"", "text/plain")
        return code == 200


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body; status 0 when the connection was closed instead."""
    try:
        async with asyncio.timeout(20):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            sizes = [int(line.partition(":")[2]) for line in lines if line.lower().startswith("content-length:")]
            return int(lines[0].split()[1]), await reader.readexactly(sizes[0] if sizes else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, b""


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


@pytest_asyncio.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    dock = Dock()
    cluster = await dock.start("target", folder=tmp_path / "target")
    trust = ssl.create_default_context(cadata=cluster.ca_pem)
    trust.load_cert_chain(tmp_path / "target" / "pki" / "admin.crt", tmp_path / "target" / "pki" / "admin.key")
    yield Door(cluster, trust)
    await dock.close()


def status(body: bytes) -> dict[str, object]:
    document = json.loads(body)
    assert document["kind"] == "Status"
    assert document["status"] == "Failure"
    assert "Traceback" not in document["message"]
    return dict(document)


def deep(depth: int) -> bytes:
    return b'{"metadata":{"name":"a"},"data":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


@pytest.mark.parametrize(
    ("body", "content", "codes"),
    [
        pytest.param(b"x" * (LIMIT + 1), "application/json", {413}, id="over 3 MiB"),
        pytest.param(deep(10_000), "application/json", {400}, id="JSON nested 10,000 deep"),
        pytest.param(deep(900), "application/json", {400}, id="JSON nested to the decoder's own limit"),
        pytest.param(b"[" * 100_000, "application/json", {400}, id="brackets without end"),
        pytest.param(b'{"metadata":{"name":"\xff\xfe"}}', "application/json", {400}, id="invalid UTF-8"),
        pytest.param(b'{"metadata":{"name":"\\ud800"}}', "application/json", {400, 422}, id="half a surrogate"),
        pytest.param(b"a: \xff", "application/yaml", {400}, id="invalid UTF-8 in YAML"),
        pytest.param(BOMB.encode(), "application/yaml", {400}, id="YAML bomb"),
        pytest.param(b"[" * 5_000 + b"]" * 5_000 + b" #", "application/yaml", {400}, id="YAML nested deep"),
        pytest.param(
            b"!!python/object/apply:os.system ['true']", "application/yaml", {400}, id="YAML with a Python tag"
        ),
        pytest.param(b"{a: b", "application/yaml", {400}, id="YAML without an end"),
        pytest.param(b"<a/>", "text/xml", {415}, id="XML"),
        pytest.param(b"a=b", "application/x-www-form-urlencoded", {415}, id="a form"),
        pytest.param(b"k8s\x00" + b"\xff" * 1_000, "application/vnd.kubernetes.protobuf", {400}, id="broken protobuf"),
        pytest.param(b"", "application/json", {400}, id="nothing"),
        pytest.param(b"null", "application/json", {400}, id="null"),
        pytest.param(b"[1,2]", "application/json", {400}, id="a list"),
        pytest.param(b'{"metadata":[]}', "application/json", {400}, id="metadata of another type"),
        pytest.param(b'{"metadata":{"name":"a","labels":7}}', "application/json", {400}, id="labels of another type"),
        pytest.param(
            b'{"metadata":{"name":"a"},"data":{"n":1e999}}', "application/json", {400}, id="a number too large"
        ),
        pytest.param(
            b'{"metadata":{"name":"a"},"data":{"k":"' + b"x" * 2_000_000 + b'"}}',
            "application/json",
            {413, 422},
            id="2 MB",
        ),
    ],
)
async def test_a_bad_body_is_refused_with_a_status(door, body, content, codes):
    code, said = await door.post(body, content)
    assert code in codes, said[:300]
    assert status(said)["code"] == code
    assert await door.is_alive()


@pytest.mark.parametrize(
    "kind", ["merge-patch+json", "strategic-merge-patch+json", "json-patch+json", "apply-patch+yaml"]
)
@pytest.mark.parametrize("body", [deep(10_000), b"{", b"\xff", b"7", b'[{"op":"add","path":"' + b"/a" * 5_000 + b'"}]'])
async def test_a_bad_patch_is_refused_with_a_status(door, kind, body):
    await door.post(b'{"metadata":{"name":"a"}}')
    line = f"PATCH {CONFIG_MAPS}/a?fieldManager=x HTTP/1.1"
    code, said = await door.ask(line, body, f"application/{kind}")
    assert code in (400, 422), said[:300]
    assert status(said)["code"] == code
    assert await door.is_alive()


async def test_copies_of_copies_do_not_grow_without_limit(door):
    await door.post(b'{"metadata":{"name":"a"},"data":{"k":"' + b"x" * 1_000 + b'"}}')
    operations = [{"op": "copy", "from": "/data", "path": f"/data/c{n}"} for n in range(40)]
    code, said = await door.ask(
        f"PATCH {CONFIG_MAPS}/a HTTP/1.1", json.dumps(operations).encode(), "application/json-patch+json"
    )
    assert code in (400, 413, 422), said[:300]
    assert await door.is_alive()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\x03" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"/a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(20_000)) + b"\r\n",
        b"POST " + CONFIG_MAPS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST " + CONFIG_MAPS.encode() + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST "
        + CONFIG_MAPS.encode()
        + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["bytes", "version", "path", "header", "headers", "negative", "chunk", "smuggling"],
)
async def test_what_is_no_request_is_a_bad_request_or_a_closed_connection(door, sent):
    reader, writer = await door.open()
    writer.write(sent)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    code, said = await answer(reader)
    assert code == 0 or 400 <= code < 500, said[:300]
    await closed(writer)
    assert await door.is_alive()


async def test_a_request_that_is_sent_by_halves_holds_nobody_up_and_ends(door, monkeypatch):
    monkeypatch.setattr(http, "_BODY_SECONDS", 0.3)
    reader, writer = await door.open()
    writer.write(f"POST {CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode())
    writer.write(b'Content-Length: 100\r\n\r\n{"metadata":')
    await writer.drain()
    assert await door.is_alive()
    code, said = await answer(reader)
    assert code == 408
    assert status(said)["reason"] == "Timeout"
    await closed(writer)


async def test_a_client_that_never_ends_its_headers_is_let_go(door, monkeypatch):
    monkeypatch.setattr(http, "_HEAD_SECONDS", 0.3)
    reader, writer = await door.open()
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    await writer.drain()
    assert await door.is_alive()
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    await closed(writer)


async def test_a_client_that_never_says_anything_is_let_go(door, monkeypatch):
    monkeypatch.setattr(http, "_HEAD_SECONDS", 0.3)
    reader, writer = await door.open()
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    await closed(writer)


async def test_a_client_that_does_not_read_costs_no_memory(door):
    rows = json.dumps({"metadata": {"name": "big"}, "data": {"k": "x" * 500_000}}).encode()
    await door.post(rows)
    store = door.cluster.api.state.store
    reader, writer = await door.open()
    writer.write(f"GET {CONFIG_MAPS}?watch=true HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    before = psutil.Process().memory_info().rss
    for number in range(100):
        body = json.dumps({"data": {"k": str(number) + "x" * 500_000}}).encode()
        code, _ = await door.ask(f"PATCH {CONFIG_MAPS}/big HTTP/1.1", body, "application/merge-patch+json")
        assert code == 200
    assert psutil.Process().memory_info().rss - before < GROWTH_BYTES
    writer.transport.abort()
    async with asyncio.timeout(10):
        while store.watchers():  # noqa: ASYNC110 - nothing tells when a server has noticed that a client left
            await asyncio.sleep(0.01)
    assert await door.is_alive()


async def test_many_large_bodies_leave_no_memory_behind(door):
    before = psutil.Process().memory_info().rss
    for _ in range(40):
        code, _ = await door.post(b'{"a":"' + b"x" * (LIMIT - 100))
        assert code == 400
    assert psutil.Process().memory_info().rss - before < GROWTH_BYTES


async def test_connections_past_the_limit_are_refused_and_room_comes_back(door, monkeypatch):
    monkeypatch.setattr(http, "CONNECTIONS", 50)
    idle = [await door.open() for _ in range(50)]
    refused = 0
    for _ in range(20):
        try:
            reader, writer = await door.open()
        except (ConnectionError, ssl.SSLError):
            refused += 1
            continue
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        refused += (await answer(reader))[0] == 0
        await closed(writer)
    assert refused == 20
    for _, writer in idle:
        await closed(writer)
    async with asyncio.timeout(10):
        while not await _is_open(door):  # noqa: ASYNC110 - nothing tells when a server has noticed that clients left
            await asyncio.sleep(0.02)


async def test_connections_without_a_handshake_count_and_make_room(door, monkeypatch):
    monkeypatch.setattr(http, "CONNECTIONS", 20)
    mute = [await asyncio.open_connection("127.0.0.1", door.cluster.port) for _ in range(20)]
    assert await _is_open(door)
    async with asyncio.timeout(connections.HANDSHAKE_SECONDS / 2):
        assert await mute[0][0].read() == b""  # the oldest went for it, long before its time was over
    for _, writer in mute:
        writer.transport.abort()


async def _is_open(door: Door) -> bool:
    try:
        return await door.is_alive()
    except (ConnectionError, ssl.SSLError):
        return False
