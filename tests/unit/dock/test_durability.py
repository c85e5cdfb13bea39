"""No answer and no event tells of anything that the disk does not hold, whatever the disk does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.dock.client import CONFIG_MAPS, CRDS, MERGE, TABLE, WIDGETS, Client, config_map, definition, widget
from tests.unit.dock.store.disk import Disk

from dokaseca.dock.api import Api
from dokaseca.dock.store.objects import Store

NAMES = st.sampled_from("abc")
STEP = st.tuples(st.sampled_from(["set", "set", "set", "delete", "get", "list", "table", "clear"]), NAMES)
CLIENTS = st.lists(st.lists(STEP, max_size=8), min_size=1, max_size=5)
DISK = st.lists(st.tuples(st.sampled_from(["kept", "kept", "refused", "broken"]), st.integers(0, 3)), max_size=20)
SERVICES = "/api/v1/namespaces/default/services"


@dataclass
class World:
    """Clients of one API, a disk with moods, and somebody who watches."""

    disk: Disk = field(default_factory=Disk)
    events: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = Client(Api("test", self.disk))
        self.store = self.client.api.state.store
        self.start = len(self.disk.log)

    async def run(self, clients: list[list[tuple[str, str]]]) -> None:
        revision = str(self.store.revision)
        response = await self.client.send("GET", CONFIG_MAPS, watch="true", resourceVersion=revision)
        watching = asyncio.ensure_future(self._follow(response.stream))
        working = [asyncio.ensure_future(self._work(index, steps)) for index, steps in enumerate(clients)]
        while not all(task.done() for task in working):
            self.disk.let()
            self._check_memory()
            await asyncio.sleep(0)
        for task in working:
            task.result()
        while self.events != self.durable():  # noqa: ASYNC110 - what a watcher misses fails the test by its time limit
            await asyncio.sleep(0)
        self.client.api.close()
        await watching

    def durable(self) -> list[tuple[str, int]]:
        """Every change of a ConfigMap that the disk took, in order."""
        log = self.disk.log[self.start :]
        return [(row.name, row.revision) for row in log if row.table == "configmaps"]

    async def _follow(self, stream: Any) -> None:
        async for chunk in stream:
            for event in map(orjson.loads, chunk.splitlines()):
                metadata = event["object"]["metadata"]
                self.events.append((metadata["name"], int(metadata["resourceVersion"])))
                assert self.events[-1] in self.durable()

    async def _work(self, index: int, steps: list[tuple[str, str]]) -> None:
        for number, (verb, name) in enumerate(steps):
            status, document = await self._ask(verb, name, f"{index}.{number}")
            assert status in (200, 201, 404, 409, 500), document
            if status < 300:
                self._check_told(verb, document)

    async def _ask(self, verb: str, name: str, value: str) -> tuple[int, Any]:
        path = f"{CONFIG_MAPS}/{name}"
        if verb == "set":
            status, document = await self.client.ask("PATCH", path, {"data": {"v": value}}, content=MERGE)
            if status != 404:
                return status, document
            return await self.client.ask("POST", CONFIG_MAPS, config_map(name, v=value))
        if verb == "table":
            return await self.client.ask("GET", CONFIG_MAPS, accept=TABLE, includeObject="Object")
        method = "DELETE" if verb in ("delete", "clear") else "GET"
        return await self.client.ask(method, path if verb in ("delete", "get") else CONFIG_MAPS)

    def _check_told(self, verb: str, document: dict[str, Any]) -> None:
        known = {(row.name, row.revision) for row in self.disk.log if row.table == "configmaps"}
        if verb == "delete":
            return
        told = [row["object"] for row in document["rows"]] if verb == "table" else document.get("items", [])
        for metadata in [one["metadata"] for one in (*told, document)]:
            revision = int(metadata["resourceVersion"])
            assert (metadata["name"], revision) in known if "name" in metadata else revision <= self.disk.revision

    def _check_memory(self) -> None:
        """Where nothing is on its way, memory is the disk."""
        if self.store.revision != self.store.durable_revision:
            return
        assert self.store.revision == self.disk.revision
        assert rows_of(self.store) == {key: row.data for key, row in self.disk.rows.items()}


def rows_of(store: Store) -> dict[tuple[str, str, str], bytes | None]:
    return {(table, one.namespace, one.name): one.data for table in store.tables() for one in store.scan(table)}


@settings(max_examples=60)
@given(CLIENTS, DISK)
def test_answers_and_events_tell_only_what_is_durable(clients, moods):
    world = World()
    world.disk.script = list(moods)
    asyncio.run(asyncio.wait_for(world.run(clients), 20))


async def lost(client: Client, disk: Disk, method: str, path: str, body: Any = None, **options: Any) -> None:
    """A write that the disk refuses."""
    disk.script = [("refused", 0)]
    refused = await client.refused(method, path, body, code=500, **options)
    assert refused["reason"] == "InternalError"
    assert "disk is full" in refused["message"]


@pytest.fixture
def disk() -> Disk:
    return Disk()


async def test_what_is_derived_from_objects_follows_a_loss_back(disk):
    client = Client(Api("test", disk))
    await lost(client, disk, "POST", CRDS, definition())
    await client.not_served(WIDGETS)
    await client.post(CRDS, definition())
    await lost(client, disk, "DELETE", f"{CRDS}/widgets.example.com")
    await client.post(WIDGETS, widget())
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}], "clusterIP": "10.96.0.77"}}
    await lost(client, disk, "POST", SERVICES, service)
    await client.post(SERVICES, service)
    client.api.close()


async def test_a_watch_that_begins_with_what_is_then_lost_ends_with_an_error(disk):
    client = Client(Api("test", disk))
    disk.script = [("refused", 1)]
    watching = await client.watch(CONFIG_MAPS)
    writing = asyncio.ensure_future(client.ask("POST", CONFIG_MAPS, config_map("a")))
    await asyncio.sleep(0)
    reading = asyncio.ensure_future(watching.next())
    while not (disk.is_held or reading.done()):  # noqa: ASYNC110 - the other side is a thread
        await asyncio.sleep(0)
    assert not reading.done()
    disk.let()
    kind, status = await reading
    assert (kind, status["code"], status["reason"]) == ("ERROR", 500, "InternalError")
    assert (await writing)[0] == 500
    client.api.close()


async def test_an_api_does_not_begin_on_a_disk_that_refuses(disk):
    disk.script = [("refused", 0)]
    with pytest.raises(Exception, match="disk is full"):
        Api("test", disk)


async def test_a_cluster_begins_with_one_commit(disk):
    Client(Api("test", disk)).api.close()
    assert len(disk.sizes) == 1


async def test_garbage_collection_is_done_again_when_the_disk_has_lost_it(disk, monkeypatch):
    monkeypatch.setattr("dokaseca.dock.lifecycle.collector._RETRY_SECONDS", 0.0)
    client = Client(Api("test", disk))
    running = asyncio.ensure_future(client.api.run())
    owner = await client.post(CONFIG_MAPS, config_map("owner"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    below = config_map("below")
    below["metadata"]["ownerReferences"] = [reference]
    await client.post(CONFIG_MAPS, below)
    disk.script = [("kept", 0), ("refused", 0), ("refused", 0)]
    await client.ask("DELETE", f"{CONFIG_MAPS}/owner")
    async with asyncio.timeout(10):
        while ("configmaps", "default", "below") in disk.rows:  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0)
    assert not disk.script
    running.cancel()
    await asyncio.wait([running])
    client.api.close()
