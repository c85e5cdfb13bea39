from dataclasses import replace

import orjson
import pytest
from tests.unit.dock.client import CONFIG_MAPS, CRDS, config_map, definition

from dokaseca.dock import discovery
from dokaseca.dock.data import tables


async def test_nobody_is_told_nothing_but_health_and_version(client):
    nobody = replace(client, user="", groups=())
    for path in ("/healthz", "/readyz", "/livez", "/readyz/ping"):
        assert (await nobody.send("GET", path)).body == b"ok"
    assert (await nobody.get("/version"))["gitVersion"].startswith("v1.36.")
    for path in ("/api", "/apis", "/openapi/v3", CONFIG_MAPS, "/"):
        status = await nobody.refused("GET", path, code=401)
        assert status["message"] == "Unauthorized"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/apis/apps/v7", 404),
        ("GET", "/apis/apps/v1/things", 404),
        ("GET", "/api/v1/things", 404),
        ("GET", "/api/v1/namespaces/default/nodes", 404),
        ("GET", "/api/v1/namespaces/default/pods/p/nothing", 404),
        ("GET", "/api/v1/namespaces/default/pods/p/log/more/parts", 404),
        ("GET", "/api/v1//pods", 404),
        ("POST", "/apis", 405),
        ("POST", "/api/v1/pods", 405),
        ("PUT", "/api/v1/namespaces/default/pods", 405),
        ("GET", "/api/v1/namespaces/default/serviceaccounts/default/token", 405),
        ("POST", "/api/v1/componentstatuses", 405),
        ("DELETE", "/api/v1/namespaces", 405),
    ],
)
async def test_what_is_not_served_is_refused(client, method, path, code):
    await client.refused(method, path, code=code)


@pytest.mark.parametrize("path", ["/nothing", "/apis/no.such/v1/things", "/apis/no.such", "/apis/no.such/v1"])
async def test_groups_that_the_server_does_not_know_are_answered_in_text(client, path):
    await client.not_served(path)


async def test_legacy_discovery_lists_what_a_real_server_lists(client):
    groups = await client.get("/apis")
    by_name = {group["name"]: group for group in groups["groups"]}
    assert by_name["autoscaling"]["preferredVersion"]["version"] == "v2"
    core = await client.get("/api/v1")
    names = {one["name"]: one for one in core["resources"]}
    assert names["pods"]["shortNames"] == ["po"]
    assert names["pods/eviction"]["group"] == "policy"
    assert names["namespaces"]["namespaced"] is False


async def test_aggregated_discovery_says_the_same_as_legacy(client):
    await client.post(CRDS, definition())
    response = await client.send("GET", "/apis", accept=discovery.AGGREGATED_TYPE)
    assert response.headers["Content-Type"] == discovery.AGGREGATED_TYPE
    listed = {}
    for group in orjson.loads(response.body)["items"]:
        for version in group["versions"]:
            listed[f"{group['metadata']['name']}/{version['version']}"] = {
                one["resource"] for one in version["resources"]
            }
    assert listed["example.com/v1"] == {"widgets"}
    for path, names in listed.items():
        legacy = await client.get(f"/apis/{path}")
        assert {one["name"] for one in legacy["resources"] if "/" not in one["name"]} == names


def test_the_derived_tables_equal_what_they_are_derived_from(shared):
    found = orjson.loads(next((shared / "data").glob("discovery-*.json")).read_bytes())
    pods = next(one for one in found["core"] if one["name"] == "pods")
    row = next(one for one in tables.kinds() if one["plural"] == "pods")
    assert row["verbs"] == pods["verbs"]
    total = len([one for one in found["core"] if "/" not in one["name"]])
    total += sum(
        len([one for one in group["resources"] if "/" not in one["name"]]) for group in found["groups"].values()
    )
    assert len(tables.kinds()) == total


async def test_openapi_documents_are_closed_and_follow_definitions(client):
    before = await client.get("/openapi/v3")
    assert "apis/apps/v1" in before["paths"]
    document = await client.get("/openapi/v3/apis/apps/v1")
    schemas = document["components"]["schemas"]
    assert "io.k8s.api.apps.v1.Deployment" in schemas
    text = orjson.dumps(schemas).decode()
    for reference in set(text.split('"#/components/schemas/')[1:]):
        assert reference.split('"')[0] in schemas
    await client.post(CRDS, definition({"type": "object", "properties": {"spec": {"type": "object"}}}))
    after = await client.get("/openapi/v3")
    custom = await client.get("/openapi/v3/apis/example.com/v1")
    assert custom["components"]["schemas"]["com.example.v1.Widget"]["properties"]["spec"] == {"type": "object"}
    patches = custom["paths"]["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]["patch"]["requestBody"]
    assert "application/strategic-merge-patch+json" not in patches["content"]
    assert after["paths"]["apis/apps/v1"] == before["paths"]["apis/apps/v1"]
    await client.refused("GET", "/openapi/v3/apis/none/v1", code=404)


async def test_deep_and_endless_bodies_are_refused_and_the_server_lives(client):
    deep = b'{"metadata":{"name":"a"},"data":' + b'{"a":' * 600 + b"1" + b"}" * 601
    status, _ = await client.ask("POST", CONFIG_MAPS, deep)
    assert status in (400, 413)
    await client.post(CRDS, definition())
    nested = b'{"metadata":{"name":"a"},"spec":' + b'{"a":' * 300 + b"1" + b"}" * 301
    status, _ = await client.ask("POST", "/apis/example.com/v1/namespaces/default/widgets", nested)
    assert status == 400
    await client.refused("POST", CONFIG_MAPS, b"x" * (3 * 1024 * 1024 + 1), code=413)
    await client.post(CONFIG_MAPS, config_map("a"))


async def test_finalize_lets_a_namespace_go(client):
    body = {"metadata": {"name": "n"}, "spec": {"finalizers": ["kubernetes", "example.com/x"]}}
    created = await client.post("/api/v1/namespaces", body)
    created["spec"]["finalizers"] = ["kubernetes"]
    unchanged = (await client.ask("PUT", "/api/v1/namespaces/n", created))[1]
    assert unchanged["spec"]["finalizers"] == ["kubernetes", "example.com/x"]
    finalized = (
        await client.ask("PUT", "/api/v1/namespaces/n/finalize", unchanged | {"spec": {"finalizers": ["kubernetes"]}})
    )[1]
    assert finalized["spec"]["finalizers"] == ["kubernetes"]
