"""Clusters over the network: TLS, identities, limits, stopping."""

import asyncio
import base64
import contextlib
import io
import socket
import ssl

import aiohttp
import aiohttp.web
import pytest
from tests.unit.dock.client import CONFIG_MAPS, config_map

from dokaseca.dock import http, pki, sockets
from dokaseca.dock.authn import Identity
from dokaseca.dock.dock import Dock
from dokaseca.model.errors import IntegrityError, UserError


@pytest.fixture
async def dock():
    running = Dock()
    yield running
    await running.close()


def context(cluster, folder=None):
    found = ssl.create_default_context(cadata=cluster.ca_pem)
    if folder is not None:
        found.load_cert_chain(folder / "pki" / "admin.crt", folder / "pki" / "admin.key")
    return found


def session(cluster, folder=None, **options):
    return aiohttp.ClientSession(
        cluster.server_url, connector=aiohttp.TCPConnector(ssl=context(cluster, folder)), **options
    )


async def test_a_cluster_comes_back_on_its_port_with_what_it_held(dock, tmp_path):
    first = await dock.start("hub", folder=tmp_path / "hub")
    assert await dock.start("hub", folder=tmp_path / "hub") is first
    async with session(first, tmp_path / "hub") as client:
        assert (await client.post(CONFIG_MAPS, json=config_map("a"))).status == 201
    port, authority = first.port, first.ca_pem
    await dock.stop("hub")
    await dock.stop("hub")
    again = await dock.start("hub", folder=tmp_path / "hub", port=port)
    assert (again.port, again.ca_pem) == (port, authority)
    async with session(again, tmp_path / "hub") as client:
        assert (await (await client.get(CONFIG_MAPS + "/a")).json())["metadata"]["name"] == "a"
    await dock.delete("hub")
    assert not (tmp_path / "hub").exists()
    assert dock.clusters == {}


async def test_the_kubeconfig_carries_everything(dock):
    cluster = await dock.start("dev", folder=None)
    config = cluster.kubeconfig()
    assert config["current-context"] == "dev"
    assert config["clusters"][0]["cluster"]["server"] == f"https://127.0.0.1:{cluster.port}"
    assert base64.b64decode(config["users"][0]["user"]["client-key-data"]).startswith(b"-----BEGIN")


async def test_clients_are_known_by_certificate_or_token_or_not_at_all(dock, tmp_path):
    cluster = await dock.start("hub", folder=tmp_path / "hub")
    cluster.authenticator.add_token("t0ken", Identity("robot", ("system:masters",)))
    async with session(cluster) as client:
        assert (await client.get("/healthz")).status == 200
        assert (await client.get(CONFIG_MAPS)).status == 401
        assert (await client.get(CONFIG_MAPS, headers={"Authorization": "Bearer wrong"})).status == 401
        assert (await client.get(CONFIG_MAPS, headers={"Authorization": "Bearer t0ken"})).status == 200
    async with session(cluster, tmp_path / "hub") as client:
        who = await client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json={})
        assert (await who.json())["status"]["userInfo"]["username"] == "kubernetes-admin"


async def test_bodies_over_the_limit_are_413_whether_announced_or_not(dock, tmp_path):
    cluster = await dock.start("hub", folder=tmp_path / "hub")

    async def chunks():
        for _ in range(60):
            yield b"x" * 65_536

    async with session(cluster, tmp_path / "hub") as client:
        announced = await client.post(CONFIG_MAPS, data=io.BytesIO(b"x" * (3 * 1024 * 1024 + 1)))
        assert announced.status == 413
        assert (await announced.json())["reason"] == "RequestEntityTooLarge"
        with contextlib.suppress(aiohttp.ClientConnectionError):  # the server may close before everything is sent
            assert (await client.post(CONFIG_MAPS, data=chunks())).status == 413
        assert (await client.get(CONFIG_MAPS)).status == 200


async def test_a_port_that_is_taken_is_named(dock):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is in use") as raised:
            await dock.start("hub", folder=None, port=port)
    assert raised.value.reason == "PortInUse"
    assert dock.clusters == {}


async def test_a_watcher_that_leaves_is_forgotten_and_stopping_ends_the_others(dock, tmp_path):
    cluster = await dock.start("hub", folder=tmp_path / "hub")
    store = cluster.api.state.store
    async with session(cluster, tmp_path / "hub") as client:
        leaving = await client.get(CONFIG_MAPS, params={"watch": "true"})
        assert b"kube-root-ca.crt" in await leaving.content.readline()
        assert store.watchers() == 1
        leaving.close()
        async with asyncio.timeout(5):
            while store.watchers():  # noqa: ASYNC110 - nothing tells when a server has noticed that a client left
                await asyncio.sleep(0.01)
        staying = await client.get(CONFIG_MAPS, params={"watch": "true"})
        await staying.content.readline()
        async with asyncio.timeout(3):
            await dock.stop("hub")
        assert await staying.content.read() == b""


async def test_connections_past_the_limit_are_closed(dock, tmp_path, monkeypatch):
    monkeypatch.setattr(http, "CONNECTIONS", 1)
    cluster = await dock.start("hub", folder=tmp_path / "hub")
    async with session(cluster, tmp_path / "hub") as one, session(cluster) as two:
        assert (await one.get("/healthz")).status == 200
        with pytest.raises(aiohttp.ClientConnectionError):
            await two.get("/healthz")


async def open_by_hand(cluster, folder=None):
    return await asyncio.open_connection("127.0.0.1", cluster.port, ssl=context(cluster, folder))


async def test_a_crowd_that_says_nothing_shuts_nobody_out(dock, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(sockets, "_STRANGERS", 10)
    cluster = await dock.start("hub", folder=tmp_path / "hub")
    async with session(cluster, tmp_path / "hub") as client:
        watching = await client.get(CONFIG_MAPS, params={"watch": "true"})
        await watching.content.readline()
        mute = [await asyncio.open_connection("127.0.0.1", cluster.port) for _ in range(40)]
        mute += [await open_by_hand(cluster) for _ in range(40)]
        async with session(cluster, tmp_path / "hub") as late, session(cluster) as stranger:
            assert (await stranger.get("/healthz")).status == 200
            assert (await late.post(CONFIG_MAPS, json=config_map("a"))).status == 201
        assert b'"name":"a"' in await watching.content.readline()
        watching.close()
    for _, writer in mute:
        writer.transport.abort()
    assert len([record for record in caplog.records if record.levelname != "DEBUG"]) == 1


async def test_a_client_with_a_token_is_no_stranger(dock, monkeypatch):
    monkeypatch.setattr(sockets, "_STRANGERS", 1)
    cluster = await dock.start("hub", folder=None)
    cluster.authenticator.add_token("t0ken", Identity("robot", ("system:masters",)))
    async with session(cluster, headers={"Authorization": "Bearer t0ken"}) as client, session(cluster) as stranger:
        watching = await client.get(CONFIG_MAPS, params={"watch": "true"})
        await watching.content.readline()
        for _ in range(3):
            assert (await stranger.get("/healthz", headers={"Connection": "close"})).status == 200
        assert (await client.post(CONFIG_MAPS, json=config_map("a"))).status == 201
        assert b'"name":"a"' in await watching.content.readline()
        watching.close()


@pytest.mark.parametrize("token", ["", "Authorization: Bearer wrong\r\n"])
async def test_who_is_nobody_is_told_so_before_the_body(dock, token):
    cluster = await dock.start("hub", folder=None)
    reader, writer = await open_by_hand(cluster)
    head = f"POST {CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\n{token}Content-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: 3000000\r\n\r\n".encode())
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    writer.transport.abort()


async def test_a_body_that_does_not_unpack_is_a_bad_request(dock, tmp_path, caplog):
    cluster = await dock.start("hub", folder=tmp_path / "hub")
    packed = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    async with (
        session(cluster, tmp_path / "hub") as client,
        client.post(CONFIG_MAPS, data=b"garbage", headers=packed) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["message"] == "the request body could not be read to its end"
    assert caplog.records == []


async def test_what_is_no_http_is_not_worth_a_line_of_log(dock, caplog):
    cluster = await dock.start("hub", folder=None)
    for sent in (b"\x00\x01\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nno header\r\n\r\n"):
        reader, writer = await open_by_hand(cluster)
        writer.write(sent)
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.") or reader.at_eof()
        writer.transport.abort()
    assert caplog.records == []


@pytest.mark.parametrize("query", ["", "?watch=true"])
async def test_a_client_that_leaves_in_the_middle_of_an_answer_is_no_error(dock, tmp_path, caplog, query):
    cluster = await dock.start("hub", folder=tmp_path / "hub")
    async with session(cluster, tmp_path / "hub") as client:
        for number in range(8):
            big = config_map(f"c{number}", k="x" * 900_000)
            assert b"uid" in await (await client.post(CONFIG_MAPS, json=big)).read()
        reader, writer = await open_by_hand(cluster, tmp_path / "hub")
        writer.write(f"GET {CONFIG_MAPS}{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await reader.readline()
        writer.transport.abort()
        assert (await client.get("/healthz")).status == 200
    await dock.stop("hub")
    assert caplog.records == []


async def test_a_watch_that_ends_when_its_client_has_left_is_no_error(dock, tmp_path, caplog, monkeypatch):
    async def closing(*_):
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    cluster = await dock.start("hub", folder=tmp_path / "hub")
    reader, writer = await open_by_hand(cluster, tmp_path / "hub")
    writer.write(f"GET {CONFIG_MAPS}?watch=true HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    monkeypatch.setattr(aiohttp.web.StreamResponse, "write_eof", closing)
    cluster.api.end_watches()
    async with asyncio.timeout(5):
        await reader.read()
    writer.transport.abort()
    assert caplog.records == []


async def test_a_cluster_with_a_damaged_server_key_comes_up_with_a_new_one(dock, tmp_path):
    await dock.start("hub", folder=tmp_path / "hub")
    await dock.stop("hub")
    (tmp_path / "hub" / "pki" / "server.key").write_bytes(b"garbage")
    cluster = await dock.start("hub", folder=tmp_path / "hub")
    async with session(cluster, tmp_path / "hub") as client:
        assert (await client.get(CONFIG_MAPS)).status == 200


def test_a_server_key_that_does_not_fit_is_named(tmp_path):
    made = pki.ensure(tmp_path)
    made.server_key.write_bytes(made.admin_key.read_bytes())
    with pytest.raises(IntegrityError, match="delete both, they are made anew") as raised:
        http.tls(made)
    assert raised.value.subject == str(made.server_key)


async def test_many_clusters_are_strangers_to_each_other(dock):
    first, second = await dock.start("a", folder=None), await dock.start("b", folder=None)
    assert first.port != second.port
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context(first))) as client:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await client.get(second.server_url + "/healthz")


async def test_a_client_that_asks_for_a_watch_and_leaves_is_no_error(dock, tmp_path, caplog):
    cluster = await dock.start("hub", folder=tmp_path / "hub")
    trusted = context(cluster, tmp_path / "hub")
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", cluster.port, ssl=trusted)
        writer.write(f"GET {CONFIG_MAPS}?watch=true HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await writer.drain()
        writer.transport.abort()
    async with session(cluster, tmp_path / "hub") as client:
        assert (await client.get(CONFIG_MAPS)).status == 200
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
