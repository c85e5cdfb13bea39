from tests.unit.dock.client import CRDS, DEPLOYMENTS, JSON_PATCH, TABLE, WIDGETS, definition, deployment, widget


async def test_scale_shows_and_changes_the_number_of_replicas(client):
    await client.post(DEPLOYMENTS, deployment(replicas=2))
    scale = await client.get(DEPLOYMENTS + "/web/scale")
    assert scale["kind"] == "Scale"
    assert scale["spec"] == {"replicas": 2}
    assert scale["status"] == {"replicas": 0, "selector": "app=web"}
    scale["spec"]["replicas"] = 5
    assert (await client.ask("PUT", DEPLOYMENTS + "/web/scale", scale))[1]["spec"] == {"replicas": 5}
    live = await client.get(DEPLOYMENTS + "/web")
    assert live["spec"]["replicas"] == 5
    assert live["metadata"]["generation"] == 2
    assert any(entry.get("subresource") == "scale" for entry in live["metadata"]["managedFields"])
    await client.patch(DEPLOYMENTS + "/web/scale", {"spec": {"replicas": 6}})
    operations = [{"op": "replace", "path": "/spec/replicas", "value": 7}]
    assert (await client.patch(DEPLOYMENTS + "/web/scale", operations, content=JSON_PATCH))["spec"]["replicas"] == 7


async def test_bad_scales_are_refused(client):
    created = await client.post(DEPLOYMENTS, deployment())
    path = DEPLOYMENTS + "/web/scale"
    assert (
        "greater than or equal to 0"
        in (await client.refused("PUT", path, {"spec": {"replicas": -1}}, code=422))["message"]
    )
    await client.refused("PUT", path, {"spec": {"replicas": "x"}}, code=400)
    stale = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 1}}
    await client.refused("PUT", path, stale, code=409)
    await client.refused("DELETE", path, code=405)
    assert (await client.get(DEPLOYMENTS + "/web"))["metadata"] == created["metadata"]


async def test_custom_kinds_scale_by_the_paths_they_declare(client):
    paths = {
        "specReplicasPath": ".spec.size",
        "statusReplicasPath": ".status.size",
        "labelSelectorPath": ".status.selector",
    }
    await client.post(CRDS, definition(subresources={"status": {}, "scale": paths}))
    await client.post(WIDGETS, widget(spec={"size": 1}))
    await client.patch(WIDGETS + "/one/status", {"status": {"size": 1, "selector": "a=b"}})
    await client.patch(WIDGETS + "/one/scale", {"spec": {"replicas": 4}})
    scale = await client.get(WIDGETS + "/one/scale")
    assert scale["spec"] == {"replicas": 4}
    assert scale["status"] == {"replicas": 1, "selector": "a=b"}
    assert (await client.get(WIDGETS + "/one"))["spec"] == {"size": 4}


async def test_a_scale_has_columns_of_its_own(client):
    await client.post(DEPLOYMENTS, deployment(replicas=2))
    table = await client.get(DEPLOYMENTS + "/web/scale", accept=TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Desired", "Available", "Age"]
    assert [row["cells"] for row in table["rows"]] == [["web", 2, 0, "0s"]]
