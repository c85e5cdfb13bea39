import asyncio

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.dock.client import CONFIG_MAPS, MERGE, TABLE, Client, config_map

from dokaseca.dock.api import Api
from dokaseca.dock.store import history
from dokaseca.dock.store.storage import MemoryStorage


async def test_a_watch_from_a_list_sees_every_later_change_once(client):
    version = (await client.get(CONFIG_MAPS))["metadata"]["resourceVersion"]
    await client.post(CONFIG_MAPS, config_map("a"))
    events = await client.watch(CONFIG_MAPS, resourceVersion=version)
    await client.patch(CONFIG_MAPS + "/a", {"data": {"k": "v"}})
    await client.ask("DELETE", CONFIG_MAPS + "/a")
    seen = [await events.next() for _ in range(3)]
    assert [kind for kind, _ in seen] == ["ADDED", "MODIFIED", "DELETED"]
    versions = [int(found["metadata"]["resourceVersion"]) for _, found in seen]
    assert versions == sorted(set(versions))
    assert seen[2][1]["data"] == {"k": "v"}
    await events.close()
    assert client.api.state.store.watchers() == 0


async def test_a_watch_without_a_version_begins_with_what_there_is(client):
    await client.post(CONFIG_MAPS, config_map("a"))
    events = await client.watch(CONFIG_MAPS)
    assert [(await events.next())[1]["metadata"]["name"] for _ in range(2)] == ["a", "kube-root-ca.crt"]
    await events.close()


async def test_initial_events_end_with_a_marked_bookmark(client):
    options = {"sendInitialEvents": "true", "allowWatchBookmarks": "true", "resourceVersionMatch": "NotOlderThan"}
    events = await client.watch(CONFIG_MAPS, **options)
    assert (await events.next())[0] == "ADDED"
    kind, mark = await events.next()
    assert kind == "BOOKMARK"
    assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert mark["metadata"]["resourceVersion"] == str(client.api.state.store.revision)
    await events.close()
    await client.refused("GET", CONFIG_MAPS, code=422, watch="true", sendInitialEvents="true")


async def test_an_object_that_leaves_the_selection_is_deleted_for_the_watcher(client):
    body = config_map("a")
    body["metadata"]["labels"] = {"on": "yes"}
    await client.post(CONFIG_MAPS, body)
    events = await client.watch(CONFIG_MAPS, labelSelector="on=yes")
    assert (await events.next())[0] == "ADDED"
    await client.patch(CONFIG_MAPS + "/a", {"metadata": {"labels": {"on": "no"}}})
    kind, gone = await events.next()
    assert kind == "DELETED"
    assert gone["metadata"]["labels"] == {"on": "yes"}
    await client.patch(CONFIG_MAPS + "/a", {"metadata": {"labels": {"on": "yes"}}})
    assert (await events.next())[0] == "ADDED"
    await events.close()


async def test_watches_keep_to_their_namespace_and_name(client):
    events = await client.watch(CONFIG_MAPS + "/b", resourceVersion=str(client.api.state.store.revision))
    await client.post("/api/v1/namespaces/kube-system/configmaps", config_map("b", "kube-system"))
    await client.post(CONFIG_MAPS, config_map("a"))
    await client.post(CONFIG_MAPS, config_map("b"))
    kind, found = await events.next()
    assert (kind, found["metadata"]["namespace"]) == ("ADDED", "default")
    await events.close()


async def test_a_position_that_is_gone_is_an_event_that_ends_the_watch(client):
    version = str(client.api.state.store.revision)
    behind = await client.watch(CONFIG_MAPS, resourceVersion=version)
    for number in range(history.CHANGES + 1):
        await client.post(CONFIG_MAPS, config_map(f"n{number}"))
    late = await client.watch(CONFIG_MAPS, resourceVersion=version)
    kind, status = await late.next()
    assert (kind, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
    assert await late.rest() == []
    kind, status = await behind.next()
    assert (kind, status["code"]) == ("ERROR", 410)
    assert await behind.rest() == []


async def test_a_watch_ends_at_its_timeout_and_when_the_server_stops(client):
    quick = await client.watch(CONFIG_MAPS, timeoutSeconds="1", resourceVersion=str(client.api.state.store.revision))
    assert await asyncio.wait_for(quick.rest(), 5) == []
    long = await client.watch(CONFIG_MAPS)
    assert (await long.next())[0] == "ADDED"
    waiting = asyncio.ensure_future(long.rest())
    await asyncio.sleep(0)
    client.api.end_watches()
    assert await asyncio.wait_for(waiting, 1) == []


async def test_a_table_watch_names_its_columns_once(client):
    events = await client.watch(CONFIG_MAPS, accept=TABLE)
    first = (await events.next())[1]
    await client.post(CONFIG_MAPS, config_map("a", k="v"))
    second = (await events.next())[1]
    assert [column["name"] for column in first["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert second["columnDefinitions"] is None
    assert second["rows"][0]["cells"] == ["a", 1, "0s"]
    await events.close()


async def test_a_cancelled_watch_leaves_nothing_behind(client):
    events = await client.watch(CONFIG_MAPS, resourceVersion=str(client.api.state.store.revision))
    waiting = asyncio.ensure_future(events.next())
    await asyncio.sleep(0.01)
    assert client.api.state.store.watchers() == 1
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert client.api.state.store.watchers() == 0


STEPS = st.lists(st.tuples(st.sampled_from(["set", "delete"]), st.sampled_from("abc"), st.integers(0, 3)), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, start=st.integers(0, 20))
def test_replaying_from_any_revision_ends_in_what_a_list_shows(steps, start):
    async def run():
        client = Client(Api("replay", MemoryStorage()))
        copies, listed = {}, (await client.get(CONFIG_MAPS))
        for index, (verb, name, value) in enumerate(steps):
            if index == start:
                listed = await client.get(CONFIG_MAPS)
            if verb == "delete":
                await client.ask("DELETE", f"{CONFIG_MAPS}/{name}")
            elif (await client.ask("POST", CONFIG_MAPS, config_map(name, v=str(value))))[0] == 409:
                await client.ask("PATCH", f"{CONFIG_MAPS}/{name}", {"data": {"v": str(value)}}, content=MERGE)
        copies = {item["metadata"]["name"]: item for item in _whole(listed)}
        response = await client.send(
            "GET", CONFIG_MAPS, watch="true", resourceVersion=listed["metadata"]["resourceVersion"]
        )
        client.api.state.closing.set()
        changes = client.api.state.store.history("configmaps")
        missed = changes.since(changes.position_after(int(listed["metadata"]["resourceVersion"])), 1000)
        await response.stream.aclose()
        for change in missed:
            if change.gone:
                copies.pop(change.after.name)
            else:
                copies[change.after.name] = orjson.loads(change.after.data)
        now = await client.get(CONFIG_MAPS)
        assert sorted(copies.items()) == sorted((item["metadata"]["name"], item) for item in _whole(now))

    asyncio.run(run())


def _whole(listing):
    return [{**item, "apiVersion": "v1", "kind": "ConfigMap"} for item in listing["items"]]
