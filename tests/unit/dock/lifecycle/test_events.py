"""Events end after an hour, and the oldest go where there are too many."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.fakes import virtual_time
from tests.unit.dock.client import Client

from dokaseca.dock.api import Api
from dokaseca.dock.lifecycle import events
from dokaseca.dock.store.storage import MemoryStorage

EVENTS = "/api/v1/namespaces/default/events"


def event(name: str) -> dict[str, Any]:
    about = {"kind": "Pod", "namespace": "default", "name": "web"}
    return {"metadata": {"name": name}, "involvedObject": about, "reason": "Started", "message": "m", "count": 1}


async def names(client: Client) -> list[str]:
    return [one["metadata"]["name"] for one in (await client.get(EVENTS))["items"]]


def test_an_event_ends_an_hour_after_it_was_last_written():
    async def scene():
        api = Api("test", MemoryStorage(), clock=virtual_time.LoopClock())
        running, client = asyncio.create_task(api.run()), Client(api)
        await client.post(EVENTS, event("old"))
        await client.post(EVENTS, event("counted"))
        await asyncio.sleep(1800)
        await client.patch(f"{EVENTS}/counted", {"count": 2})
        await asyncio.sleep(1799)
        assert await names(client) == ["counted", "old"]
        await asyncio.sleep(2)
        assert await names(client) == ["counted"]
        await asyncio.sleep(1800)
        assert await names(client) == []
        running.cancel()
        await asyncio.wait([running])

    virtual_time.run(scene())


def test_a_restart_does_not_make_events_younger():
    async def scene():
        storage = Kept()
        first = Api("test", storage, clock=virtual_time.LoopClock())
        await Client(first).post(EVENTS, event("old"))
        await asyncio.sleep(3000)
        second = Api("test", storage, clock=virtual_time.LoopClock())
        running, client = asyncio.create_task(second.run()), Client(second)
        await asyncio.sleep(500)
        assert await names(client) == ["old"]
        await asyncio.sleep(200)
        assert await names(client) == []
        running.cancel()
        await asyncio.wait([running])

    virtual_time.run(scene())


class Kept(MemoryStorage):
    """Survives the API that wrote to it."""

    def __init__(self):
        self.rows = {}
        self.revision = 0

    def load(self):
        return self.revision, iter(list(self.rows.values()))

    def write(self, rows):
        for row in rows:
            self.revision = row.revision
            if row.data is None:
                self.rows.pop((row.table, row.namespace, row.name), None)
            else:
                self.rows[row.table, row.namespace, row.name] = row


async def test_there_are_only_so_many(client: Client):
    expiry = events.Expiry(client.api.state, limit=3)
    waits = []
    client.api.state.store.observe(lambda table, change: waits.append(expiry.follow(change)))
    for number in range(5):
        await client.post(EVENTS, event(f"e{number}"))
    assert waits == [3600, 3600, 3600, 0, 0]
    assert expiry.expire() == 3600
    assert await names(client) == ["e2", "e3", "e4"]
