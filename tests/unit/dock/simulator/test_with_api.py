"""The simulator against the dock's own API: what validation, defaulting and garbage collection make of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.dock.api import Api
from dokaseca.dock.patching import apply
from dokaseca.dock.simulator import kinds
from dokaseca.dock.simulator.options import SimulatorOptions
from dokaseca.dock.simulator.simulator import Simulator
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.kit.clock import SystemClock
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

NAMESPACE = GroupVersionKind("", "v1", "Namespace")
POD_SPEC = {"containers": [{"name": "c", "image": "a:1", "ports": [{"name": "http", "containerPort": 80}]}]}
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": POD_SPEC}
OPTIONS = SimulatorOptions(event_seconds=0.01)
SELECTOR = {"matchLabels": {"app": "web"}}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
SPECS: dict[GroupVersionKind, Any] = {
    kinds.DEPLOYMENT: {"replicas": 2, "selector": SELECTOR, "template": TEMPLATE},
    kinds.STATEFUL_SET: {
        "replicas": 2,
        "serviceName": "web",
        "selector": {"matchLabels": {"app": "db"}},
        "template": {**TEMPLATE, "metadata": {"labels": {"app": "db"}}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM}],
    },
    kinds.DAEMON_SET: {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": {**TEMPLATE, "metadata": {"labels": {"app": "agent"}}},
    },
    kinds.JOB: {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}},
    kinds.SERVICE: {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
    kinds.INGRESS: {"rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}]},
    kinds.CLAIM: CLAIM,
    kinds.BUDGET: {"selector": SELECTOR, "minAvailable": 1},
    kinds.AUTOSCALER: {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 3,
        "maxReplicas": 4,
    },
    kinds.POD: POD_SPEC,
}


@pytest_asyncio.fixture
async def cluster() -> AsyncIterator[KubeCluster]:
    api = Api("test", MemoryStorage())
    client = KubeCluster("test", "https://test", FunctionWire(api.handle, "simulator", ("system:masters",)))
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(api.run()), loop.create_task(Simulator(client, SystemClock(), OPTIONS).run())]
    await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})
    yield client
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    api.close()


def made(gvk: GroupVersionKind) -> Manifest:
    metadata = {"name": "web", "namespace": "x"}
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, "spec": SPECS[gvk]}


async def until(
    cluster: KubeCluster, gvk: GroupVersionKind, holds: Callable[[list[Manifest]], object]
) -> list[Manifest]:
    async with asyncio.timeout(20):
        while True:
            found = (await cluster.list(gvk, "x" if gvk != kinds.VOLUME else "")).items
            if holds(found):
                return found
            await asyncio.sleep(0.01)


def unversioned(found: Manifest) -> Manifest:
    metadata = {name: value for name, value in found["metadata"].items() if name != "resourceVersion"}
    return {**found, "metadata": metadata}


def has_status(**wanted: Any) -> Callable[[list[Manifest]], object]:
    return lambda found: found and all(found[0].get("status", {}).get(name) == value for name, value in wanted.items())


def has_address(found: list[Manifest]) -> object:
    return found[0].get("status", {}).get("loadBalancer", {}).get("ingress")


async def test_everything_comes_true_and_then_rests(cluster: KubeCluster, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for gvk in SPECS:
            await cluster.apply(made(gvk), field_manager="test", force=True)
        await until(cluster, kinds.DEPLOYMENT, has_status(availableReplicas=3, updatedReplicas=3, observedGeneration=2))
        await until(cluster, kinds.STATEFUL_SET, has_status(readyReplicas=2, updatedReplicas=2))
        await until(cluster, kinds.DAEMON_SET, has_status(numberAvailable=1))
        await until(cluster, kinds.JOB, has_status(succeeded=1))
        await until(cluster, kinds.SERVICE, has_address)
        await until(cluster, kinds.INGRESS, has_address)
        await until(cluster, kinds.CLAIM, lambda found: [one["status"]["phase"] for one in found] == ["Bound"] * 3)
        await until(cluster, kinds.VOLUME, lambda found: [one["status"].get("phase") for one in found] == ["Bound"] * 3)
        await until(cluster, kinds.BUDGET, has_status(currentHealthy=3, disruptionsAllowed=2))
        await until(cluster, kinds.AUTOSCALER, has_status(currentReplicas=3, desiredReplicas=3))
        await until(cluster, kinds.ENDPOINT_SLICE, lambda found: found and len(found[0].get("endpoints") or []) == 3)
        await asyncio.sleep(0.2)
        before = (await cluster.list(kinds.POD)).resource_version
        await asyncio.sleep(0.3)
        assert (await cluster.list(kinds.POD)).resource_version == before
    assert caplog.records == []


async def test_a_repeated_apply_finds_nothing_to_change(cluster: KubeCluster) -> None:
    for gvk in SPECS:
        await cluster.apply(made(gvk), field_manager="test", force=True)
    await until(cluster, kinds.DEPLOYMENT, has_status(availableReplicas=3))
    await until(cluster, kinds.STATEFUL_SET, has_status(readyReplicas=2))
    await asyncio.sleep(0.3)
    for gvk in SPECS:
        if gvk not in (kinds.DEPLOYMENT,):  # its autoscaler owns replicas too
            live = await cluster.get(gvk, "x", "web")
            again = await cluster.apply(made(gvk), field_manager="test", force=True)
            assert apply.is_same_but_for_times(unversioned(live), unversioned(again)), gvk.kind


async def test_a_deleted_pod_is_replaced_and_a_deleted_namespace_stays_empty(cluster: KubeCluster) -> None:
    await cluster.create(made(kinds.DEPLOYMENT))
    await until(cluster, kinds.DEPLOYMENT, has_status(availableReplicas=2))
    gone = (await until(cluster, kinds.POD, len))[0]["metadata"]["name"]
    await cluster.delete(kinds.POD, "x", gone)
    names = lambda found: {one["metadata"]["name"] for one in found}  # noqa: E731 - used twice below
    await until(cluster, kinds.POD, lambda found: len(found) == 2 and gone not in names(found))
    await until(cluster, kinds.DEPLOYMENT, has_status(availableReplicas=2))
    await cluster.delete(NAMESPACE, "", "x")
    await until(cluster, kinds.POD, lambda found: not found)
    await asyncio.sleep(0.3)
    assert not (await cluster.list(kinds.POD)).items
    assert not (await cluster.list(kinds.REPLICA_SET)).items
