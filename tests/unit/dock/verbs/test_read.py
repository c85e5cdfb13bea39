import pytest
from tests.unit.dock.client import CONFIG_MAPS, DEPLOYMENTS, TABLE, config_map, deployment


@pytest.fixture
async def five(client):
    for name in "abcde":
        body = config_map(name)
        body["metadata"]["labels"] = {"odd": str(name in "ace").lower()}
        await client.post(CONFIG_MAPS, body)
    return client


def names(listing):
    return [item["metadata"]["name"] for item in listing["items"]]


async def test_lists_select_by_label_and_field(five):
    assert names(await five.get(CONFIG_MAPS, labelSelector="odd=true")) == ["a", "c", "e"]
    assert names(await five.get(CONFIG_MAPS, fieldSelector="metadata.name!=a", labelSelector="odd")) == list("bcde")
    assert names(await five.get("/api/v1/configmaps", labelSelector="odd in (true)")) == ["a", "c", "e"]
    assert names(await five.get("/api/v1/namespaces/kube-system/configmaps", labelSelector="odd")) == []


async def test_pages_join_to_the_whole_and_count_what_remains(five):
    first = await five.get(CONFIG_MAPS, limit="4")
    assert first["metadata"]["remainingItemCount"] == 2
    second = await five.get(CONFIG_MAPS, limit="4", **{"continue": first["metadata"]["continue"]})
    assert names(first) + names(second) == [*"abcde", "kube-root-ca.crt"]
    assert "continue" not in second["metadata"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_a_page_whose_position_is_gone_is_expired(five):
    first = await five.get(CONFIG_MAPS, limit="2")
    await five.patch(CONFIG_MAPS + "/a", {"data": {"x": "y"}})
    five.api.state.store.compact()
    expired = await five.refused("GET", CONFIG_MAPS, code=410, **{"continue": first["metadata"]["continue"]})
    assert expired["reason"] == "Expired"
    await five.refused("GET", CONFIG_MAPS, code=400, **{"continue": "nonsense"})


async def test_versions_that_are_no_number_or_lie_ahead_are_refused(client):
    await client.refused("GET", CONFIG_MAPS, code=400, resourceVersion="x")
    ahead = await client.refused("GET", CONFIG_MAPS, code=504, resourceVersion="99999")
    assert ahead["message"].startswith("Timeout: Too large resource version: 99999, current: ")


async def test_bad_selectors_are_bad_requests(client):
    await client.refused("GET", CONFIG_MAPS, code=400, labelSelector="a=b=c")
    refused = await client.refused("GET", CONFIG_MAPS, code=400, fieldSelector="data.x=y")
    assert refused["message"] == '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"'
    refused = await client.refused("GET", "/api/v1/pods", code=400, fieldSelector="data.x=y")
    assert refused["message"] == "field label not supported: data.x"


async def test_what_does_not_exist_is_a_404_that_names_it(client):
    status = await client.refused("GET", DEPLOYMENTS + "/none", code=404)
    assert status["message"] == 'deployments.apps "none" not found'
    assert status["details"] == {"name": "none", "group": "apps", "kind": "deployments"}


async def test_tables_and_metadata_are_given_as_asked(client, clock):
    await client.post(DEPLOYMENTS, deployment(replicas=3))
    clock.advance(200)
    table = await client.get(DEPLOYMENTS, accept=TABLE + ",application/json")
    assert [column["name"] for column in table["columnDefinitions"]][:5] == [
        "Name",
        "Ready",
        "Up-to-date",
        "Available",
        "Age",
    ]
    assert table["rows"][0]["cells"] == ["web", "0/3", "0", "0", "3m20s", "app", "nginx:1.25", "app=web"]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    one = await client.get(DEPLOYMENTS + "/web", accept=TABLE, includeObject="Object")
    assert one["rows"][0]["object"]["kind"] == "Deployment"
    partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    listed = await client.get(DEPLOYMENTS, accept=partial)
    assert listed["kind"] == "PartialObjectMetadataList"
    assert set(listed["items"][0]) == {"kind", "apiVersion", "metadata"}
    await client.refused("GET", DEPLOYMENTS, code=406, accept="text/html")
