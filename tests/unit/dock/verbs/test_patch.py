from tests.unit.dock.client import (
    APPLY,
    CONFIG_MAPS,
    CRDS,
    DEPLOYMENTS,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    WIDGETS,
    config_map,
    definition,
    deployment,
    widget,
)


async def test_apply_creates_then_keeps_then_takes_back(client):
    path = CONFIG_MAPS + "/a"
    body = config_map("a", one="1", two="2")
    created = await client.apply(path, body)
    assert created["metadata"]["managedFields"][0]["operation"] == "Apply"
    again = await client.apply(path, body)
    assert again == created
    less = await client.apply(path, config_map("a", one="1"))
    assert less["data"] == {"one": "1"}


async def test_apply_of_another_manager_conflicts_until_forced(client):
    path = DEPLOYMENTS + "/web"
    await client.apply(path, deployment(replicas=1) | {"apiVersion": "apps/v1"}, manager="one")
    refused = await client.refused("PATCH", path, deployment(replicas=2), code=409, content=APPLY, fieldManager="two")
    assert refused["reason"] == "Conflict"
    assert refused["message"] == 'Apply failed with 1 conflict: conflict with "one": .spec.replicas'
    cause = refused["details"]["causes"][0]
    assert (cause["reason"], cause["field"]) == ("FieldManagerConflict", ".spec.replicas")
    assert (await client.apply(path, deployment(replicas=2), manager="two", force="true"))["spec"]["replicas"] == 2


async def test_apply_needs_a_manager(client):
    refused = await client.refused("PATCH", CONFIG_MAPS + "/a", config_map("a"), code=422, content=APPLY)
    assert "fieldManager: Required value" in refused["message"]


async def test_apply_to_status_touches_only_status(client):
    await client.post(DEPLOYMENTS, deployment())
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 9}, "status": {"readyReplicas": 1}}
    found = await client.apply(DEPLOYMENTS + "/web/status", body, manager="kubelet")
    assert found["spec"]["replicas"] == 1
    assert found["status"] == {"readyReplicas": 1}
    await client.refused("PATCH", DEPLOYMENTS + "/no/status", body, code=404, content=APPLY, fieldManager="x")


async def test_patch_types_that_a_kind_does_not_take_are_415(client):
    await client.post(CRDS, definition())
    await client.post(WIDGETS, widget())
    refused = await client.refused("PATCH", WIDGETS + "/one", {"spec": {}}, code=415, content=STRATEGIC)
    assert "application/merge-patch+json" in refused["message"]
    await client.refused("PATCH", WIDGETS + "/one", {"spec": {}}, code=415, content="application/json")


async def test_a_patch_that_does_not_fit_changes_nothing(client):
    await client.post(CONFIG_MAPS, config_map("a", k="v"))
    operations = [{"op": "replace", "path": "/data/k", "value": "2"}, {"op": "test", "path": "/data/k", "value": "9"}]
    refused = await client.refused("PATCH", CONFIG_MAPS + "/a", operations, code=422, content=JSON_PATCH)
    assert refused["message"] == "the server rejected our request due to an error in our request"
    assert refused["details"] == {}
    await client.refused("PATCH", CONFIG_MAPS + "/a", [1], code=400, content=MERGE)
    await client.refused("PATCH", CONFIG_MAPS + "/a", {"metadata": {"name": "b"}}, code=400, content=MERGE)
    await client.refused("PATCH", CONFIG_MAPS + "/a", {"kind": "Secret"}, code=400, content=MERGE)
    assert (await client.get(CONFIG_MAPS + "/a"))["data"] == {"k": "v"}


async def test_a_resource_version_in_a_patch_is_a_precondition(client):
    created = await client.post(CONFIG_MAPS, config_map("a", k="v"))
    version = created["metadata"]["resourceVersion"]
    body = {"metadata": {"resourceVersion": version}, "data": {"k": "w"}}
    await client.patch(CONFIG_MAPS + "/a", body)
    await client.refused("PATCH", CONFIG_MAPS + "/a", body | {"data": {"k": "x"}}, code=409, content=MERGE)


async def test_strategic_patches_merge_containers_by_name(client):
    await client.post(DEPLOYMENTS, deployment())
    body = {
        "spec": {
            "template": {"spec": {"containers": [{"name": "app", "image": "nginx:2"}, {"name": "b", "image": "b"}]}}
        }
    }
    found = await client.patch(DEPLOYMENTS + "/web", body, content=STRATEGIC)
    containers = {one["name"]: one for one in found["spec"]["template"]["spec"]["containers"]}
    assert containers["app"]["image"] == "nginx:2"
    assert containers["app"]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert containers["b"]["imagePullPolicy"] == "Always"
