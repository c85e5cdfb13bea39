import base64

import orjson
import pytest
from tests.unit.dock.client import (
    CONFIG_MAPS,
    CRDS,
    DEPLOYMENTS,
    MERGE,
    WIDGETS,
    Client,
    config_map,
    definition,
    deployment,
    widget,
)

from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage, StorageFailed


async def test_create_stamps_what_only_the_server_knows(client):
    created = await client.post(CONFIG_MAPS, config_map("a", k="v") | {"unknown": 1})
    metadata = created["metadata"]
    assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert len(metadata["uid"]) == 36
    assert metadata["resourceVersion"].isdigit()
    assert metadata["managedFields"][0]["manager"] == "test"
    assert "unknown" not in created
    assert await client.get(CONFIG_MAPS + "/a") == created


async def test_generate_name_makes_different_names(client):
    body = {"metadata": {"generateName": "job-"}}
    names = {(await client.post(CONFIG_MAPS, body))["metadata"]["name"] for _ in range(5)}
    assert len(names) == 5
    assert all(name.startswith("job-") and len(name) == 9 for name in names)


async def test_a_second_create_of_the_same_name_conflicts(client):
    await client.post(CONFIG_MAPS, config_map("a"))
    status = await client.refused("POST", CONFIG_MAPS, config_map("a"), code=409)
    assert status["reason"] == "AlreadyExists"
    assert status["message"] == 'configmaps "a" already exists'
    assert status["details"] == {"name": "a", "kind": "configmaps"}


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"metadata": {}}, 422, "metadata.name: Required value: name or generateName is required"),
        ({"metadata": {"name": "A_b"}}, 422, 'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain'),
        ({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "a"}}, 400, "Secret in version"),
        ({"metadata": {"name": "a", "namespace": "other"}}, 400, "does not match the namespace sent on the request"),
        ({"metadata": {"name": "a", "labels": {"x": 1}}}, 400, "cannot unmarshal number into Go struct field"),
        ({"metadata": {"name": "a", "labels": {"x": "y z"}}}, 422, "metadata.labels: Invalid value"),
        ({"metadata": {"name": "a", "resourceVersion": "5"}}, 500, "resourceVersion should not be set"),
        ({"metadata": []}, 400, "metadata must be an object"),
        (b"{", 400, "not valid JSON"),
    ],
)
async def test_a_bad_body_is_refused_in_the_servers_words(client, body, code, words):
    assert words in (await client.refused("POST", CONFIG_MAPS, body, code=code))["message"]


async def test_objects_need_a_living_namespace(client):
    missing = await client.refused("POST", "/api/v1/namespaces/none/configmaps", config_map("a", "none"), code=404)
    assert missing["message"] == 'namespaces "none" not found'
    await client.post("/api/v1/namespaces", {"metadata": {"name": "going", "finalizers": ["example.com/wait"]}})
    await client.ask("DELETE", "/api/v1/namespaces/going")
    refused = await client.refused("POST", "/api/v1/namespaces/going/configmaps", config_map("a", "going"), code=403)
    assert "because it is being terminated" in refused["message"]
    assert refused["details"]["causes"][0]["reason"] == "NamespaceTerminating"


async def test_update_needs_the_latest_version_and_the_same_object(client):
    created = await client.post(CONFIG_MAPS, config_map("a", k="1"))
    await client.patch(CONFIG_MAPS + "/a", {"data": {"k": "2"}})
    stale = await client.refused("PUT", CONFIG_MAPS + "/a", created, code=409)
    assert stale["message"].endswith("please apply your changes to the latest version and try again")
    created["metadata"] |= {"resourceVersion": "", "uid": "other"}
    other = await client.refused("PUT", CONFIG_MAPS + "/a", created, code=409)
    assert "Precondition failed: UID in precondition: other" in other["message"]
    unconditional = config_map("a", k="3")
    assert (await client.ask("PUT", CONFIG_MAPS + "/a", unconditional))[1]["data"] == {"k": "3"}
    await client.refused("PUT", CONFIG_MAPS + "/b", config_map("b"), code=404)
    wrong = await client.refused("PUT", CONFIG_MAPS + "/b", config_map("a"), code=400)
    assert "does not match the name on the URL" in wrong["message"]


async def test_a_write_that_changes_nothing_is_no_write(client):
    created = await client.post(DEPLOYMENTS, deployment())
    again = (await client.ask("PUT", DEPLOYMENTS + "/web", deployment()))[1]
    assert again == created


async def test_generation_counts_changes_of_the_spec_only(client):
    created = await client.post(DEPLOYMENTS, deployment() | {"status": {"replicas": 9}})
    assert created["metadata"]["generation"] == 1
    assert created["status"] == {}
    labelled = await client.patch(DEPLOYMENTS + "/web", {"metadata": {"labels": {"a": "b"}}, "status": {"replicas": 5}})
    assert labelled["metadata"]["generation"] == 1
    assert labelled["status"] == {}
    reported = await client.patch(DEPLOYMENTS + "/web/status", {"status": {"replicas": 3}, "spec": {"replicas": 7}})
    assert reported["status"] == {"replicas": 3}
    assert reported["spec"]["replicas"] == 1
    assert reported["metadata"]["generation"] == 1
    scaled = await client.patch(DEPLOYMENTS + "/web", {"spec": {"replicas": 7}})
    assert scaled["metadata"]["generation"] == 2
    assert scaled["status"] == {"replicas": 3}


async def test_status_and_spec_have_managers_of_their_own(client):
    await client.post(DEPLOYMENTS, deployment(), fieldManager="author")
    await client.patch(DEPLOYMENTS + "/web/status", {"status": {"replicas": 3}}, fieldManager="reporter")
    live = await client.patch(DEPLOYMENTS + "/web", {"spec": {"replicas": 7}}, fieldManager="scaler")
    entries = {entry["manager"]: entry for entry in live["metadata"]["managedFields"]}
    assert entries["reporter"]["subresource"] == "status"
    assert entries["reporter"]["fieldsV1"] == {"f:status": {"f:replicas": {}}}
    assert entries["scaler"]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
    assert "f:replicas" not in entries["author"]["fieldsV1"]["f:spec"]


async def test_dry_run_answers_and_stores_nothing(client):
    before = (await client.get(CONFIG_MAPS))["metadata"]["resourceVersion"]
    created = await client.post(CONFIG_MAPS, config_map("a", k="v"), dryRun="All")
    assert created["data"] == {"k": "v"}
    await client.refused("GET", CONFIG_MAPS + "/a", code=404)
    assert (await client.get(CONFIG_MAPS))["metadata"]["resourceVersion"] == before
    assert (
        "supported values"
        in (await client.refused("POST", CONFIG_MAPS, config_map("a"), code=422, dryRun="Some"))["message"]
    )


async def test_unknown_fields_warn_or_fail_as_asked(client):
    body = deployment() | {"spec": deployment()["spec"] | {"replica": 1}}
    strict = await client.refused("POST", DEPLOYMENTS, body, code=400, fieldValidation="Strict")
    assert strict["message"].endswith('strict decoding error: unknown field "spec.replica"')
    warned = await client.send("POST", DEPLOYMENTS, body)
    assert warned.status == 201
    assert warned.headers["Warning"] == '299 - "unknown field \\"spec.replica\\""'
    assert "replica" not in orjson.loads(warned.body)["spec"]
    ignored = await client.send("PUT", DEPLOYMENTS + "/web", body, fieldValidation="Ignore")
    assert "Warning" not in ignored.headers


async def test_secrets_fold_plain_text_and_refuse_what_is_not_base64(client):
    path = "/api/v1/namespaces/default/secrets"
    created = await client.post(path, {"metadata": {"name": "s"}, "stringData": {"a": "b"}, "data": {"c": "ZA=="}})
    assert created["data"] == {"a": base64.b64encode(b"b").decode(), "c": "ZA=="}
    assert created["type"] == "Opaque"
    assert "stringData" not in created
    refused = await client.refused("POST", path, {"metadata": {"name": "t"}, "data": {"c": "no base64"}}, code=400)
    assert "illegal base64 data" in refused["message"]
    assert "no base64" not in refused["message"]


async def test_the_last_finalizer_lets_a_deleted_object_go(client):
    await client.post(CONFIG_MAPS, {"metadata": {"name": "a", "finalizers": ["example.com/x"]}})
    status, marked = await client.ask("DELETE", CONFIG_MAPS + "/a")
    assert status == 200
    assert marked["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:00Z"
    await client.patch(CONFIG_MAPS + "/a", {"metadata": {"finalizers": None}})
    await client.refused("GET", CONFIG_MAPS + "/a", code=404)


async def test_custom_objects_need_their_version_to_be_replaced(client):
    await client.post(CRDS, definition())
    await client.post(WIDGETS, widget(spec={"a": 1}))
    refused = await client.refused("PUT", WIDGETS + "/one", widget(spec={"a": 2}), code=422)
    assert "metadata.resourceVersion: Invalid value: 0: must be specified for an update" in refused["message"]


async def test_a_storage_that_refuses_is_a_500_and_changes_nothing():
    class FullDisk(MemoryStorage):
        full = False

        def write(self, rows):
            if self.full:
                raise StorageFailed("the state could not be written (database or disk is full)")

    storage = FullDisk()
    client = Client(Api("full", storage))
    await client.post(CONFIG_MAPS, config_map("a", k="1"))
    storage.full = True
    failed = await client.refused("PATCH", CONFIG_MAPS + "/a", {"data": {"k": "2"}}, code=500, content=MERGE)
    assert failed["reason"] == "InternalError"
    assert "disk is full" in failed["message"]
    assert (await client.refused("DELETE", CONFIG_MAPS + "/a", code=500))["reason"] == "InternalError"
    storage.full = False
    assert (await client.get(CONFIG_MAPS + "/a"))["data"] == {"k": "1"}


async def test_both_event_groups_and_both_autoscalers_read_the_same_object(client):
    path = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
    spec = {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "maxReplicas": 3,
        "targetCPUUtilizationPercentage": 50,
    }
    created = await client.post(path, {"metadata": {"name": "h"}, "spec": spec})
    assert created["spec"]["targetCPUUtilizationPercentage"] == 50
    newer = await client.get(path.replace("v1", "v2", 1) + "/h")
    assert newer["apiVersion"] == "autoscaling/v2"
    assert newer["spec"]["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 50}
    event = {"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "p"}, "message": "hello"}
    await client.post("/api/v1/namespaces/default/events", event)
    found = await client.get("/apis/events.k8s.io/v1/namespaces/default/events/e")
    assert found["note"] == "hello"
    assert found["regarding"]["name"] == "p"


async def test_a_stateful_set_may_mount_the_volumes_that_it_claims(client):
    def stateful_set(mounted: str) -> dict:
        container = {"name": "db", "image": "db:1", "volumeMounts": [{"name": mounted, "mountPath": "/data"}]}
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        return {
            "metadata": {"name": f"db-{mounted}"},
            "spec": {
                "serviceName": "db",
                "selector": {"matchLabels": {"app": "db"}},
                "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [container]}},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
            },
        }

    stateful_sets = "/apis/apps/v1/namespaces/default/statefulsets"
    assert (await client.post(stateful_sets, stateful_set("data")))["metadata"]["name"] == "db-data"
    code, refused = await client.ask("POST", stateful_sets, stateful_set("other"))
    assert code == 422
    assert 'volumeMounts[0].name: Not found: "other"' in refused["message"]
