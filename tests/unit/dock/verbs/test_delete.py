from tests.unit.dock.client import CONFIG_MAPS, CRDS, config_map, definition


async def test_a_deletion_answers_with_what_is_gone(client):
    created = await client.post(CONFIG_MAPS, config_map("a"))
    status, answer = await client.ask("DELETE", CONFIG_MAPS + "/a")
    assert status == 200
    assert answer["status"] == "Success"
    assert answer["details"] == {"name": "a", "kind": "configmaps", "uid": created["metadata"]["uid"]}
    await client.refused("DELETE", CONFIG_MAPS + "/a", code=404)


async def test_preconditions_must_hold(client):
    created = await client.post(CONFIG_MAPS, config_map("a"))
    for wrong in ({"uid": "other"}, {"resourceVersion": "1"}):
        await client.refused("DELETE", CONFIG_MAPS + "/a", {"preconditions": wrong}, code=409)
    right = {"uid": created["metadata"]["uid"], "resourceVersion": created["metadata"]["resourceVersion"]}
    assert (await client.ask("DELETE", CONFIG_MAPS + "/a", {"preconditions": right}))[0] == 200


async def test_dry_run_and_unknown_policies_delete_nothing(client):
    await client.post(CONFIG_MAPS, config_map("a"))
    assert (await client.ask("DELETE", CONFIG_MAPS + "/a", dryRun="All"))[0] == 200
    assert (await client.ask("DELETE", CONFIG_MAPS + "/a", {"dryRun": ["All"]}))[0] == 200
    await client.refused("DELETE", CONFIG_MAPS + "/a", {"propagationPolicy": "Sideways"}, code=422)
    await client.get(CONFIG_MAPS + "/a")


async def test_collections_go_by_selector(client):
    for name in "ab":
        body = config_map(name)
        body["metadata"]["labels"] = {"name": name}
        await client.post(CONFIG_MAPS, body)
    status, gone = await client.ask("DELETE", CONFIG_MAPS, labelSelector="name=a")
    assert status == 200
    assert [item["metadata"]["name"] for item in gone["items"]] == ["a"]
    left = await client.get(CONFIG_MAPS, labelSelector="name")
    assert [item["metadata"]["name"] for item in left["items"]] == ["b"]


async def test_the_namespaces_of_the_system_stay(client):
    refused = await client.refused("DELETE", "/api/v1/namespaces/default", code=403)
    assert refused["message"] == 'namespaces "default" is forbidden: this namespace may not be deleted'


async def test_a_definition_being_deleted_says_so(client):
    await client.post(CRDS, definition())
    status, marked = await client.ask("DELETE", CRDS + "/widgets.example.com")
    assert status == 200
    assert any(one["type"] == "Terminating" for one in marked["status"]["conditions"])
