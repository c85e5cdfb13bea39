"""Quotas, limit ranges and priorities, through the API."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.dock.client import Client, config_map

BASE = "/api/v1/namespaces/default"
PODS, QUOTAS, RANGES = f"{BASE}/pods", f"{BASE}/resourcequotas", f"{BASE}/limitranges"
CLAIMS, SERVICES = f"{BASE}/persistentvolumeclaims", f"{BASE}/services"
MERGE = "application/merge-patch+json"


def pod(name: str = "web", resources: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    container = {"name": "app", "image": "a:1", **({"resources": resources} if resources else {})}
    return {"metadata": {"name": name}, "spec": {"containers": [container], **spec}}


def quota(hard: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "q"}, "spec": {"hard": hard, **spec}}


def claim(storage: str, **spec: Any) -> dict[str, Any]:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    return {"metadata": {"name": "data"}, "spec": {**asked, **spec}}


async def limit(client: Client, **item: Any) -> Any:
    return await client.post(RANGES, {"metadata": {"name": "r"}, "spec": {"limits": [item]}})


async def used(client: Client) -> dict[str, str]:
    await client.settle()
    found: dict[str, str] = (await client.get(f"{QUOTAS}/q"))["status"]["used"]
    return found


async def test_a_quota_says_what_is_used_and_refuses_more(client: Client):
    await client.post(QUOTAS, quota({"pods": "1", "requests.cpu": "1", "requests.memory": "1Gi"}))
    asked = {"requests": {"cpu": "300m", "memory": "512Mi"}}
    await client.post(PODS, pod(resources=asked))
    assert await used(client) == {"pods": "1", "requests.cpu": "300m", "requests.memory": "512Mi"}
    refused = await client.refused("POST", PODS, pod("more", {"requests": {"cpu": "800m", "memory": "1Mi"}}), code=403)
    assert refused["reason"] == "Forbidden"
    assert refused["message"] == (
        'pods "more" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=800m, '
        "used: pods=1,requests.cpu=300m, limited: pods=1,requests.cpu=1"
    )
    assert refused["details"] == {"name": "more", "kind": "pods"}
    await client.ask("DELETE", f"{PODS}/web")
    assert await used(client) == {"pods": "0", "requests.cpu": "0", "requests.memory": "0"}
    await client.post(PODS, pod("more", {"requests": {"cpu": "800m", "memory": "1Mi"}}))


async def test_a_pod_must_say_what_a_quota_counts(client: Client):
    await client.post(QUOTAS, quota({"limits.cpu": "1", "requests.memory": "1Gi"}))
    refused = await client.refused("POST", PODS, pod(), code=403)
    assert refused["message"] == (
        'pods "web" is forbidden: failed quota: q: must specify limits.cpu for: app; requests.memory for: app'
    )


async def test_finished_pods_count_for_nothing_but_their_number(client: Client):
    await client.post(QUOTAS, quota({"pods": "1", "count/pods": "5"}))
    await client.post(PODS, pod())
    await client.patch(f"{PODS}/web/status", {"status": {"phase": "Succeeded"}})
    await client.post(PODS, pod("next"))
    assert await used(client) == {"pods": "1", "count/pods": "2"}


@pytest.mark.parametrize(
    ("scopes", "spec", "counts"),
    [
        ({"scopes": ["BestEffort"]}, {}, True),
        ({"scopes": ["NotBestEffort"]}, {}, False),
        ({"scopes": ["Terminating"]}, {"activeDeadlineSeconds": 5}, True),
        ({"scopes": ["NotTerminating"]}, {"activeDeadlineSeconds": 5}, False),
        ({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}}, {}, False),
        (
            {
                "scopeSelector": {
                    "matchExpressions": [
                        {"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]}
                    ]
                }
            },
            {"priorityClassName": "system-node-critical"},
            True,
        ),
    ],
)
async def test_scopes_choose_the_pods_that_count(
    client: Client, scopes: dict[str, Any], spec: dict[str, Any], counts: bool
):
    await client.post(QUOTAS, quota({"pods": "5"}, **scopes))
    await client.post(PODS, pod(**spec))
    assert await used(client) == {"pods": "1" if counts else "0"}


async def test_objects_of_any_kind_are_counted(client: Client):
    hard = {"configmaps": "2", "count/deployments.apps": "0", "services.nodeports": "1", "services.loadbalancers": "0"}
    await client.post(QUOTAS, quota(hard))
    assert (await used(client))["configmaps"] == "1"  # the root certificate
    await client.post(f"{BASE}/configmaps", config_map("one"))
    refused = await client.refused("POST", f"{BASE}/configmaps", config_map("two"), code=403)
    assert refused["message"].endswith(
        "exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2"
    )
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    await client.post(SERVICES, service)
    change = {"spec": {"type": "LoadBalancer"}}
    refused = await client.refused("PATCH", f"{SERVICES}/s", change, code=403, content=MERGE)
    assert "requested: services.loadbalancers=1, used: services.loadbalancers=0" in refused["message"]
    await client.patch(f"{SERVICES}/s", {"spec": {"type": "NodePort"}})
    assert (await used(client))["services.nodeports"] == "1"


async def test_storage_is_counted_by_class_too(client: Client):
    key = "fast.storageclass.storage.k8s.io/requests.storage"
    await client.post(QUOTAS, quota({"requests.storage": "10Gi", key: "5Gi", "persistentvolumeclaims": "9"}))
    await client.post(CLAIMS, claim("4Gi", storageClassName="fast"))
    assert await used(client) == {"requests.storage": "4Gi", key: "4Gi", "persistentvolumeclaims": "1"}


async def test_a_limit_range_completes_containers_and_says_so(client: Client):
    made = await limit(client, type="Container", default={"cpu": "500m"}, defaultRequest={"cpu": "100m"})
    assert made["spec"]["limits"][0]["defaultRequest"] == {"cpu": "100m"}
    found = await client.post(PODS, pod())
    assert found["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "100m"}, "limits": {"cpu": "500m"}}
    note = "LimitRanger plugin set: cpu request for container app; cpu limit for container app"
    assert found["metadata"]["annotations"] == {"kubernetes.io/limit-ranger": note}
    assert found["status"]["qosClass"] == "Burstable"


@pytest.mark.parametrize(
    ("item", "resources", "why"),
    [
        ({"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "1"}}, {"limits": {"cpu": "2"}},
         "maximum cpu usage per Container is 1, but limit is 2"),
        ({"type": "Container", "min": {"cpu": "1"}}, {"requests": {"cpu": "500m"}},
         "minimum cpu usage per Container is 1, but request is 500m"),
        ({"type": "Pod", "max": {"memory": "1Gi"}}, {},
         "maximum memory usage per Pod is 1Gi.  No limit is specified"),
        ({"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
         {"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}},
         "cpu max limit to request ratio per Container is 2, but provided ratio is 10.000000"),
    ],
)  # fmt: skip
async def test_a_limit_range_bounds_pods(client: Client, item: dict[str, Any], resources: dict[str, Any], why: str):
    await limit(client, **item)
    refused = await client.refused("POST", PODS, pod(resources=resources), code=403)
    assert refused["message"] == f'pods "web" is forbidden: {why}'


async def test_a_limit_range_bounds_claims(client: Client):
    await limit(client, type="PersistentVolumeClaim", max={"storage": "5Gi"})
    refused = await client.refused("POST", CLAIMS, claim("10Gi"), code=403)
    why = "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi"
    assert refused["message"] == f'persistentvolumeclaims "data" is forbidden: {why}'


async def test_a_priority_comes_from_its_class(client: Client):
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    assert [(one["metadata"]["name"], one["value"]) for one in (await client.get(classes))["items"]] == [
        ("system-cluster-critical", 2000000000),
        ("system-node-critical", 2000001000),
    ]
    assert (await client.post(PODS, pod("none")))["spec"]["priority"] == 0
    critical = await client.post(PODS, pod("critical", priorityClassName="system-cluster-critical"))
    assert critical["spec"]["priority"] == 2000000000
    refused = await client.refused("POST", PODS, pod("lost", priorityClassName="nope"), code=403)
    assert refused["message"] == 'pods "lost" is forbidden: no PriorityClass with name nope was found'
    await client.post(classes, {"metadata": {"name": "usual"}, "value": 7, "globalDefault": True})
    usual = await client.post(PODS, pod("usual"))
    assert (usual["spec"]["priority"], usual["spec"]["priorityClassName"]) == (7, "usual")


async def test_a_bound_claim_grows_where_its_class_lets_it(client: Client):
    fast = {"metadata": {"name": "fast"}, "provisioner": "p"}
    await client.post("/apis/storage.k8s.io/v1/storageclasses", fast)
    await client.post(CLAIMS, claim("1Gi", storageClassName="fast"))
    await client.patch(f"{CLAIMS}/data/status", {"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}})
    more = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    refused = await client.refused("PATCH", f"{CLAIMS}/data", more, code=403, content=MERGE)
    assert refused["message"].startswith('persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc')
    await client.patch("/apis/storage.k8s.io/v1/storageclasses/fast", {"allowVolumeExpansion": True})
    await client.patch(f"{CLAIMS}/data", more)
