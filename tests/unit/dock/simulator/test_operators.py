from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.dock.api import Api
from dokaseca.dock.simulator import kinds, operators
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.kit.clock import SystemClock
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

POLICY = GroupVersionKind("kyverno.io", "v1", "Policy")
READY = {"type": "Ready", "status": "True", "reason": "Simulated", "message": "no operator runs in the dock"}


def definition(group: str = "kyverno.io", **version: Any) -> Manifest:
    conditions = {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    status = {"type": "object", "properties": {"conditions": conditions, "observedGeneration": {"type": "integer"}}}
    properties = {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}, "status": status}
    made = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}},
        **version,
    }
    names = {"kind": "Policy", "listKind": "PolicyList", "plural": "policies", "singular": "policy"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"policies.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [made]},
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    }


def policy(**status: Any) -> Manifest:
    metadata = {"name": "a", "namespace": "default", "generation": 2}
    made: Manifest = {"apiVersion": "kyverno.io/v1", "kind": "Policy", "metadata": metadata, "spec": {}}
    return {**made, "status": status} if status else made


@pytest.mark.parametrize(
    ("given", "takes_part"),
    [
        (definition(), True),
        (definition("argoproj.io"), False),
        (definition("infrastructure.cluster.x-k8s.io"), False),
        (definition("notargoproj.io"), True),
        (definition(subresources={}), False),
        (definition(served=False), False),
        (definition(schema={"openAPIV3Schema": {"type": "object"}}), False),
        ({**definition(), "status": {}}, False),
    ],
)
def test_a_kind_takes_part_when_its_status_has_conditions(given: Manifest, takes_part: bool) -> None:
    assert (operators.kind_or_none(given) is not None) is takes_part


def test_a_status_is_given_once_and_follows_the_generation() -> None:
    first = operators.status_or_none(policy(), "t1")
    assert first == {"conditions": [{**READY, "lastTransitionTime": "t1"}], "observedGeneration": 2}
    assert operators.status_or_none(policy(**first), "t2") is None
    later = operators.status_or_none(policy(**{**first, "observedGeneration": 1}), "t2")
    assert later == first


def test_what_an_operator_writes_and_what_is_going_is_left_alone() -> None:
    theirs = {"conditions": [{"type": "Ready", "status": "False", "reason": "Broken"}]}
    assert operators.status_or_none(policy(**theirs), "t") is None
    going = policy()
    going["metadata"]["deletionTimestamp"] = "t"
    assert operators.status_or_none(going, "t") is None


def test_an_object_can_be_told_never_to_become_ready() -> None:
    told = policy()
    told["metadata"]["annotations"] = {"dokaseca.dev/simulate": "never-ready"}
    status = operators.status_or_none(told, "t") or {}
    assert [one["status"] for one in status["conditions"]] == ["False"]


@pytest.mark.parametrize(
    ("api_version", "types"),
    [
        ("gateway.networking.k8s.io/v1", ["Accepted", "Programmed"]),
        ("s3.aws.upbound.io/v1", ["Synced", "Ready"]),
        ("cert-manager.io/v1", ["Ready"]),
    ],
)
def test_groups_have_words_of_their_own(api_version: str, types: list[str]) -> None:
    status = operators.status_or_none({**policy(), "apiVersion": api_version}, "t") or {}
    assert [one["type"] for one in status["conditions"]] == types


@pytest_asyncio.fixture
async def cluster() -> AsyncIterator[KubeCluster]:
    api = Api("test", MemoryStorage())
    cluster = KubeCluster("test", "https://test.test", FunctionWire(api.handle, "test", ("system:masters",)))
    work = operators.Operators(cluster, SystemClock())
    tasks = [asyncio.get_running_loop().create_task(one) for one in (api.run(), work.run())]
    yield cluster
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    api.close()


async def until(cluster: KubeCluster, holds: Callable[[Manifest], bool]) -> Manifest:
    async with asyncio.timeout(20):
        listing = await cluster.list(POLICY)
        for found in listing.items:
            if holds(found):
                return found
        async for event in cluster.watch(POLICY, resource_version=listing.resource_version):
            if event.type != "BOOKMARK" and holds(event.object):
                return event.object
    raise AssertionError("the watch ended")


def is_ready(found: Manifest) -> bool:
    status = found.get("status") or {}
    is_seen = status.get("observedGeneration") == found["metadata"]["generation"]
    return is_seen and [one["status"] for one in status["conditions"]] == ["True"]


async def test_objects_become_ready_and_a_definition_may_come_again(cluster: KubeCluster) -> None:
    for _ in range(2):
        await cluster.create(definition())
        await cluster.resources(refresh=True)
        await cluster.create(policy())
        await until(cluster, is_ready)
        await cluster.patch(POLICY, "default", "a", {"spec": {"x": 1}})
        await until(cluster, lambda found: found["metadata"]["generation"] == 2 and is_ready(found))
        gone = asyncio.Event()
        listing = await cluster.list(kinds.DEFINITION)
        await cluster.delete(kinds.DEFINITION, "", "policies.kyverno.io")
        async with asyncio.timeout(20):
            async for event in cluster.watch(kinds.DEFINITION, resource_version=listing.resource_version):
                if event.type == "DELETED":
                    gone.set()
                    break
        assert gone.is_set()
