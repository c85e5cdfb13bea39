"""Claims and volumes stay while something uses them."""

from __future__ import annotations

from typing import Any

from tests.unit.dock.client import Client

CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
PODS = "/api/v1/namespaces/default/pods"
VOLUMES = "/api/v1/persistentvolumes"
SPEC = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


def claim(name: str = "data") -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": SPEC}


def pod(node: str) -> dict[str, Any]:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    spec = {"containers": [{"name": "c", "image": "a:1"}], "volumes": volumes}
    return {"metadata": {"name": "web"}, "spec": {**spec, "nodeName": node} if node else spec}


async def test_a_claim_that_a_pod_uses_goes_with_the_pod(client: Client):
    made = await client.post(CLAIMS, claim())
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    await client.post(PODS, pod("node"))
    _, going = await client.ask("DELETE", f"{CLAIMS}/data")
    assert going["metadata"]["deletionTimestamp"]
    await client.settle()
    assert (await client.get(f"{CLAIMS}/data"))["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    await client.ask("DELETE", f"{PODS}/web")
    await client.settle()
    await client.refused("GET", f"{CLAIMS}/data", code=404)


async def test_a_claim_that_no_pod_or_only_a_pod_without_node_names_goes_at_once(client: Client):
    await client.post(CLAIMS, claim())
    await client.post(CLAIMS, claim("other"))
    await client.post(PODS, pod(""))
    for name in ("data", "other"):
        await client.ask("DELETE", f"{CLAIMS}/{name}")
    await client.settle()
    assert (await client.get(CLAIMS))["items"] == []


async def test_others_finalizers_hold_a_claim_on(client: Client):
    made = claim()
    made["metadata"]["finalizers"] = ["example.com/mine"]
    await client.post(CLAIMS, made)
    await client.ask("DELETE", f"{CLAIMS}/data")
    await client.settle()
    assert (await client.get(f"{CLAIMS}/data"))["metadata"]["finalizers"] == ["example.com/mine"]


async def test_a_bound_volume_stays_until_it_is_released(client: Client):
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/d"}}
    made = await client.post(VOLUMES, {"metadata": {"name": "v"}, "spec": spec})
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pv-protection"]
    await client.patch(f"{VOLUMES}/v/status", {"status": {"phase": "Bound"}})
    await client.ask("DELETE", f"{VOLUMES}/v")
    await client.settle()
    assert (await client.get(f"{VOLUMES}/v"))["metadata"]["deletionTimestamp"]
    await client.patch(f"{VOLUMES}/v/status", {"status": {"phase": "Released"}})
    await client.settle()
    await client.refused("GET", f"{VOLUMES}/v", code=404)


async def test_the_controller_may_take_its_finalizer_away_and_nobody_puts_it_back(client: Client):
    await client.post(CLAIMS, claim())
    await client.patch(f"{CLAIMS}/data", {"metadata": {"finalizers": None}})
    changed = await client.patch(f"{CLAIMS}/data", {"metadata": {"labels": {"a": "b"}}})
    assert "finalizers" not in changed["metadata"]


async def test_only_a_bound_claim_may_ask_for_more_and_never_for_less(client: Client):
    await client.post(CLAIMS, claim())
    grow = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    merge = "application/merge-patch+json"
    early = await client.refused("PATCH", f"{CLAIMS}/data", grow, code=422, content=merge)
    assert "spec is immutable after creation except resources.requests" in early["message"]
    bound = {"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}
    await client.patch(f"{CLAIMS}/data/status", bound)
    less = {"spec": {"resources": {"requests": {"storage": "1Mi"}}}}
    refused = await client.refused("PATCH", f"{CLAIMS}/data", less, code=422, content=merge)
    assert refused["details"]["causes"] == [
        {
            "reason": "FieldValueForbidden",
            "message": "Forbidden: field can not be less than status.capacity",
            "field": "spec.resources.requests.storage",
        }
    ]
