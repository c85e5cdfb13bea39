"""Whoever lists at any revision and watches from there ends with what a list shows."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.dock.client import CONFIG_MAPS, MERGE, Client, config_map

from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage

NAMES = st.sampled_from("abc")
LABELS = st.sampled_from(["x", "y"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), NAMES, st.integers(0, 3), LABELS),
        st.tuples(st.just("delete"), NAMES, st.just(0), st.just("")),
        st.tuples(st.just("clear"), st.just(""), st.just(0), LABELS),
    ),
    max_size=25,
)
Copies = dict[str, Any]


async def change(client: Client, step: tuple[str, str, int, str]) -> None:
    verb, name, value, label = step
    if verb == "delete":
        await client.ask("DELETE", f"{CONFIG_MAPS}/{name}")
    elif verb == "clear":
        await client.ask("DELETE", CONFIG_MAPS, labelSelector=f"l={label}")
    else:
        document = {**config_map(name, v=str(value)), "metadata": {"name": name, "labels": {"l": label}}}
        if (await client.ask("POST", CONFIG_MAPS, document))[0] == 409:
            await client.ask("PATCH", f"{CONFIG_MAPS}/{name}", document, content=MERGE)


async def listed(client: Client, **query: str) -> tuple[Copies, str]:
    """Every object by name, from pages of two, and the revision that the list stands for."""
    found: Copies = {}
    token = ""
    while True:
        page = await client.get(CONFIG_MAPS, limit="2", **query, **({"continue": token} if token else {}))
        found |= {item["metadata"]["name"]: item for item in page["items"]}
        token = page["metadata"].get("continue", "")
        if not token:
            return found, page["metadata"]["resourceVersion"]


async def replayed(client: Client, copies: Copies, revision: str, **query: str) -> Copies:
    """`copies` after every event behind `revision`; the server is told to end, so that the stream does."""
    watching = await client.watch(CONFIG_MAPS, resourceVersion=revision, allowWatchBookmarks="true", **query)
    seen = dict(copies)
    last = int(revision)
    async for chunk in ended(client, watching):
        for event in map(orjson.loads, chunk.splitlines()):
            name = event["object"]["metadata"].get("name", "")
            version = int(event["object"]["metadata"]["resourceVersion"])
            assert version > last
            last = version
            if event["type"] == "DELETED":
                assert name in seen
                del seen[name]
            else:
                assert (event["type"] == "ADDED") == (name not in seen)
                seen[name] = {key: value for key, value in event["object"].items() if key not in ("apiVersion", "kind")}
    return seen


async def ended(client: Client, watching: Any) -> Any:
    """Chunks until nothing is left to tell."""
    stream = watching._stream
    pending = asyncio.ensure_future(anext(stream, None))
    while True:
        for _ in range(5):  # turns of the loop: what can be told, has been told by then
            await asyncio.sleep(0)
        if not pending.done():
            client.api.state.store.wake_all()
            pending.cancel()
            await asyncio.wait([pending])
            await stream.aclose()
            return
        yield pending.result()
        pending = asyncio.ensure_future(anext(stream, None))


@given(steps=STEPS, start=st.integers(0, 25), selector=st.sampled_from(["", "l=x", "l!=x", "l"]))
def test_a_watch_from_any_revision_ends_in_what_a_list_shows(steps, start, selector):
    async def run():
        client = Client(Api("replay", MemoryStorage()))
        query = {"labelSelector": selector} if selector else {}
        copies, revision = await listed(client, **query)
        for index, step in enumerate(steps):
            if index == start:
                copies, revision = await listed(client, **query)
            await change(client, step)
        now, _ = await listed(client, **query)
        then, _ = await listed_at(client, revision, **query)
        assert then == copies
        assert await replayed(client, copies, revision, **query) == now
        client.api.close()

    asyncio.run(run())


async def listed_at(client: Client, revision: str, **query: str) -> tuple[Copies, str]:
    page = await client.get(CONFIG_MAPS, resourceVersion=revision, resourceVersionMatch="Exact", **query)
    return {item["metadata"]["name"]: item for item in page["items"]}, page["metadata"]["resourceVersion"]
