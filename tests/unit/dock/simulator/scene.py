"""A cluster in memory that the simulator works on under virtual time, and short ways to write and read its objects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.fakes import virtual_time
from tests.fakes.cluster import FakeCluster
from tests.fakes.virtual_time import until

from dokaseca.dock.simulator import kinds
from dokaseca.dock.simulator.options import SIMULATE
from dokaseca.dock.simulator.simulator import Simulator
from dokaseca.model.identity import GroupVersionKind, ObjectKey

Object = dict[str, Any]
Story = Callable[[FakeCluster], Awaitable[None]]


def play(story: Story, *, served: Sequence[GroupVersionKind] = kinds.WATCHED) -> None:
    """Run `story` against a cluster of the kinds `served` that a simulator works on."""

    async def scene() -> None:
        cluster = FakeCluster(served, time=virtual_time.LoopClock())
        running = asyncio.create_task(Simulator(cluster, virtual_time.LoopClock()).run())
        try:
            await story(cluster)
            await asyncio.sleep(1)  # whatever still moves comes to rest
            settled = len(cluster.writes)
            await asyncio.sleep(1)
            assert cluster.writes[settled:] == []
            assert not running.done()
        finally:
            running.cancel()
            await asyncio.wait([running])

    virtual_time.run(scene())


def made(gvk: GroupVersionKind, name: str, spec: Object, namespace: str = "x", **metadata: Any) -> Object:
    where = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": gvk.api_version,
        "kind": gvk.kind,
        "metadata": {"name": name, **where, **metadata},
        "spec": spec,
    }


def template(image: str = "a:1", fault: str = "", **spec: Any) -> Object:
    metadata: Object = {"labels": {"app": "web"}}
    if fault:
        metadata["annotations"] = {SIMULATE: fault}
    ports = [{"name": "http", "containerPort": 8080}]
    return {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": image, "ports": ports}], **spec}}


def workload(gvk: GroupVersionKind, pod_template: Object | None = None, **spec: Any) -> Object:
    selector = {"matchLabels": {"app": "web"}}
    return made(gvk, "web", {"selector": selector, "template": pod_template or template(), **spec})


def one(cluster: FakeCluster, gvk: GroupVersionKind, name: str = "web", namespace: str = "x") -> Object:
    return cluster.objects[ObjectKey(gvk.group, gvk.kind, namespace, name)]


def status(cluster: FakeCluster, gvk: GroupVersionKind, name: str = "web", namespace: str = "x") -> Object:
    found: Object = one(cluster, gvk, name, namespace).get("status", {})
    return found


def conditions(found: Object) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one.get("reason", "")) for one in found.get("conditions", [])}


def told(cluster: FakeCluster, kind: str = "", name: str = "") -> list[tuple[str, str, str]]:
    """(type, reason, message) of the Events about objects, in the order in which they were written."""
    return [
        (event["type"], event["reason"], event["message"])
        for event in cluster.of_kind("Event")
        if kind in ("", event["involvedObject"]["kind"]) and name in ("", event["involvedObject"]["name"])
    ]


def images(cluster: FakeCluster) -> set[str]:
    return {pod["spec"]["containers"][0]["image"] for pod in cluster.of_kind("Pod")}


async def ready(cluster: FakeCluster, gvk: GroupVersionKind, count: int) -> float:
    field = "numberReady" if gvk == kinds.DAEMON_SET else "readyReplicas"
    return await until(lambda: status(cluster, gvk).get(field) == count)
