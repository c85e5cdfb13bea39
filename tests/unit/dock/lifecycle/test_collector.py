import asyncio

import pytest
from tests.unit.dock.client import CONFIG_MAPS, Client, config_map

from dokaseca.dock.api import Api
from dokaseca.dock.store.sqlite import SqliteStorage


async def owned(client, name="child", block=False, **owner):
    parent = await client.post(CONFIG_MAPS, config_map("owner") | owner)
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": parent["metadata"]["uid"],
        "blockOwnerDeletion": block,
    }
    child = config_map(name)
    child["metadata"]["ownerReferences"] = [reference]
    return await client.post(CONFIG_MAPS, child)


async def names(client):
    listed = await client.get(CONFIG_MAPS)
    return {item["metadata"]["name"] for item in listed["items"]} - {"kube-root-ca.crt"}


async def test_dependents_follow_their_owner_in_the_background(client):
    await owned(client)
    await client.ask("DELETE", CONFIG_MAPS + "/owner")
    await client.settle()
    assert await names(client) == set()


async def test_foreground_waits_for_dependents_that_block(client):
    child = await owned(client, block=True)
    child["metadata"]["finalizers"] = ["example.com/wait"]
    await client.ask("PUT", CONFIG_MAPS + "/child", child)
    await client.ask("DELETE", CONFIG_MAPS + "/owner", {"propagationPolicy": "Foreground"})
    await client.settle()
    owner = await client.get(CONFIG_MAPS + "/owner")
    assert owner["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert (await client.get(CONFIG_MAPS + "/child"))["metadata"]["deletionTimestamp"]
    await client.patch(CONFIG_MAPS + "/child", {"metadata": {"finalizers": None}})
    await client.settle()
    assert await names(client) == set()


async def test_orphans_lose_their_reference_and_stay(client):
    await owned(client)
    await client.ask("DELETE", CONFIG_MAPS + "/owner", propagationPolicy="Orphan")
    await client.settle()
    assert await names(client) == {"child"}
    assert "ownerReferences" not in (await client.get(CONFIG_MAPS + "/child"))["metadata"]


async def test_an_object_whose_owner_never_was_is_collected(client):
    child = config_map("child")
    child["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "no-such-uid"}]
    await client.post(CONFIG_MAPS, child)
    await client.settle()
    assert await names(client) == set()


async def test_a_dependent_of_two_owners_stays_with_the_one_that_is_left(client):
    first = await client.post(CONFIG_MAPS, config_map("first"))
    second = await client.post(CONFIG_MAPS, config_map("second"))
    child = config_map("child")
    child["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": one["metadata"]["name"], "uid": one["metadata"]["uid"]}
        for one in (first, second)
    ]
    await client.post(CONFIG_MAPS, child)
    await client.ask("DELETE", CONFIG_MAPS + "/first")
    await client.settle()
    kept = await client.get(CONFIG_MAPS + "/child")
    assert [one["name"] for one in kept["metadata"]["ownerReferences"]] == ["second"]


async def test_a_new_namespace_is_furnished_and_an_old_one_emptied(client):
    await client.post("/api/v1/namespaces", {"metadata": {"name": "n"}})
    await client.settle()
    assert (await client.get("/api/v1/namespaces/n/serviceaccounts/default"))["metadata"]["namespace"] == "n"
    authority = await client.get("/api/v1/namespaces/n/configmaps/kube-root-ca.crt")
    assert authority["data"] == {"ca.crt": "CA"}
    held = config_map("held", "n")
    held["metadata"]["finalizers"] = ["example.com/wait"]
    await client.post("/api/v1/namespaces/n/configmaps", held)
    gone = await client.ask("DELETE", "/api/v1/namespaces/n")
    assert gone[1]["status"]["phase"] == "Terminating"
    await client.settle()
    assert (await client.get("/api/v1/namespaces/n"))["status"]["phase"] == "Terminating"
    await client.patch("/api/v1/namespaces/n/configmaps/held", {"metadata": {"finalizers": None}})
    await client.settle()
    await client.refused("GET", "/api/v1/namespaces/n", code=404)


async def test_what_an_earlier_process_left_unfinished_is_finished(tmp_path):
    first = Client(Api("c", SqliteStorage(tmp_path / "state.db")))
    await first.post("/api/v1/namespaces", {"metadata": {"name": "n"}})
    await first.post("/api/v1/namespaces/n/configmaps", config_map("a", "n"))
    await owned(first)
    await first.ask("DELETE", "/api/v1/namespaces/n")
    await first.ask("DELETE", CONFIG_MAPS + "/owner")
    assert (await first.get("/api/v1/namespaces/n"))["status"]["phase"] == "Terminating"
    first.api.close()

    second = Client(Api("c", SqliteStorage(tmp_path / "state.db")))
    running = asyncio.get_running_loop().create_task(second.api.run())
    await asyncio.sleep(0)
    await second.settle()
    await second.refused("GET", "/api/v1/namespaces/n", code=404)
    assert await names(second) == set()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    second.api.close()


async def test_what_others_delete_in_between_does_not_stop_the_collector(client):
    parent = await client.post(CONFIG_MAPS, config_map("owner"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": parent["metadata"]["uid"]}
    for number in range(130):  # more than the collector removes in one go
        child = config_map(f"child-{number:03}")
        child["metadata"]["ownerReferences"] = [reference]
        await client.post(CONFIG_MAPS, child)
    await client.ask("DELETE", CONFIG_MAPS + "/owner")
    for _ in range(1_000):  # until the collector is in the middle of it
        if {"child-000", "child-129"} - await names(client) == {"child-000"}:
            break
        await asyncio.sleep(0)
    else:
        raise AssertionError("the collector did not begin")
    for number in range(129, 60, -1):
        await client.ask("DELETE", f"{CONFIG_MAPS}/child-{number:03}")
    await client.settle()
    assert await names(client) == set()
    await owned(client)
    await client.ask("DELETE", CONFIG_MAPS + "/owner")
    await client.settle()
    assert await names(client) == set()
