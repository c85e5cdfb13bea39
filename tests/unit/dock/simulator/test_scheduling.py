"""Where Pods run: cordons, taints, selectors, claims; and what is said where they cannot."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster
from tests.fakes.virtual_time import until
from tests.unit.dock.simulator import scene
from tests.unit.dock.simulator.scene import Story, made, template, told, workload

from dokaseca.dock.simulator import kinds, nodes, scheduling
from dokaseca.dock.simulator.options import SIMULATE
from dokaseca.model import manifest as manifests

SERVED = (*kinds.WATCHED, kinds.EVENT)
TAINT = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
ENDS = "no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."


def play(story: Story) -> None:
    async def with_node(cluster: FakeCluster) -> None:
        await until(lambda: bool(cluster.of_kind("Node")))
        await story(cluster)
        await asyncio.sleep(1)  # until the last Events are written

    scene.play(with_node, served=SERVED)


async def node_becomes(cluster: FakeCluster, **spec: Any) -> None:
    await cluster.patch(kinds.NODE, "", "dock-node", {"spec": spec})
    await asyncio.sleep(0.1)


def scheduled(cluster: FakeCluster) -> dict[str, Any]:
    found = {one["type"]: one for one in scene.status(cluster, kinds.POD).get("conditions", [])}
    return found.get("PodScheduled", {})


@pytest.mark.parametrize(
    ("node", "pod", "why"),
    [
        ({"unschedulable": True}, {}, "1 node(s) were unschedulable"),
        ({"taints": [TAINT]}, {}, "1 node(s) had untolerated taint(s)"),
        ({}, {"nodeSelector": {"disk": "ssd"}}, "1 node(s) didn't match Pod's node affinity/selector"),
        (
            {},
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]},
            'persistentvolumeclaim "data" not found',
        ),
    ],
)
def test_a_pod_that_no_node_takes_is_pending_and_says_why(node: dict[str, Any], pod: dict[str, Any], why: str) -> None:
    async def story(cluster: FakeCluster) -> None:
        await node_becomes(cluster, **node)
        await cluster.create(made(kinds.POD, "web", {**template()["spec"], **pod}))
        await until(lambda: bool(scheduled(cluster)))
        message = f"0/1 nodes are available: {why}. {ENDS}"
        found = scheduled(cluster)
        assert (found["status"], found["reason"], found["message"]) == ("False", "Unschedulable", message)
        assert scene.status(cluster, kinds.POD)["phase"] == "Pending"
        await until(lambda: told(cluster, "Pod") == [("Warning", "FailedScheduling", message)])

    play(story)


def test_pods_wait_for_a_cordoned_node_and_run_when_it_is_back() -> None:
    async def story(cluster: FakeCluster) -> None:
        await node_becomes(cluster, unschedulable=True)
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=2))
        await until(lambda: len(cluster.of_kind("Pod")) == 2)
        await asyncio.sleep(10)
        assert [manifests.get(pod, "spec", "nodeName") for pod in cluster.of_kind("Pod")] == [None, None]
        await node_becomes(cluster, unschedulable=None)
        await scene.ready(cluster, kinds.DEPLOYMENT, 2)

    play(story)


def test_a_pod_waits_for_its_claim() -> None:
    async def story(cluster: FakeCluster) -> None:
        volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
        await cluster.create(workload(kinds.DEPLOYMENT, template(volumes=volumes), replicas=1))
        await until(lambda: any(reason == "FailedScheduling" for _, reason, _ in told(cluster)))
        await cluster.create(made(kinds.CLAIM, "data", {"resources": {"requests": {"storage": "1Gi"}}}))
        await scene.ready(cluster, kinds.DEPLOYMENT, 1)

    play(story)


def test_running_pods_bear_a_cordon_but_not_a_taint_that_ends_them() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(workload(kinds.DEPLOYMENT, replicas=1))
        await scene.ready(cluster, kinds.DEPLOYMENT, 1)
        first = manifests.name(cluster.of_kind("Pod")[0])
        await node_becomes(cluster, unschedulable=True, taints=[TAINT])
        await asyncio.sleep(5)
        assert [manifests.name(pod) for pod in cluster.of_kind("Pod")] == [first]
        await node_becomes(cluster, taints=[{**TAINT, "effect": "NoExecute"}])
        await until(lambda: first not in [manifests.name(pod) for pod in cluster.of_kind("Pod")])
        marked = ("Normal", "TaintManagerEviction", f"Marking for deletion Pod x/{first}")
        await until(lambda: marked in told(cluster, "Pod", first))
        assert "SuccessfulDelete" not in {reason for _, reason, _ in told(cluster, "ReplicaSet")}
        assert scene.status(cluster, kinds.DEPLOYMENT).get("readyReplicas", 0) == 0

    play(story)


def test_a_lost_nodes_pods_go_after_the_seconds_that_they_tolerate() -> None:
    async def story(cluster: FakeCluster) -> None:
        bears = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}
        patient = template(tolerations=[{**bears, "tolerationSeconds": 300}])
        await cluster.create(workload(kinds.DEPLOYMENT, patient, replicas=1))
        await cluster.create(made(kinds.POD, "forever", template(tolerations=[bears])["spec"]))
        await scene.ready(cluster, kinds.DEPLOYMENT, 1)
        lost = {"metadata": {"annotations": {SIMULATE: nodes.LOST}}}
        await cluster.patch(kinds.NODE, "", "dock-node", lost)
        await asyncio.sleep(0.1)
        assert {one["status"] for one in scene.status(cluster, kinds.NODE, "dock-node", "")["conditions"]} == {
            "Unknown"
        }
        first = {manifests.name(pod) for pod in cluster.of_kind("Pod")}
        await asyncio.sleep(290)
        assert {manifests.name(pod) for pod in cluster.of_kind("Pod")} == first
        took = await until(lambda: {manifests.name(pod) for pod in cluster.of_kind("Pod")} != first)
        assert took < 12
        assert scene.one(cluster, kinds.POD, "forever")
        await asyncio.sleep(5)
        assert scene.status(cluster, kinds.DEPLOYMENT).get("readyReplicas", 0) == 0
        await cluster.patch(kinds.NODE, "", "dock-node", {"metadata": {"annotations": None}})
        await scene.ready(cluster, kinds.DEPLOYMENT, 1)
        assert "taints" not in scene.one(cluster, kinds.NODE, "dock-node", "")["spec"]
        reasons = [reason for _, reason, _ in told(cluster, "Node")]
        assert reasons.count("NodeNotReady") == 1

    play(story)


def test_a_pod_goes_to_another_node_that_takes_it_and_a_daemon_runs_on_both() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.NODE, "other", {}, "", labels={"disk": "ssd"}))
        await node_becomes(cluster, taints=[TAINT])
        await cluster.create(made(kinds.POD, "web", template()["spec"]))
        await until(lambda: manifests.get(scene.one(cluster, kinds.POD), "spec", "nodeName") == "other")
        everywhere = template(tolerations=[{"operator": "Exists"}])
        await cluster.create(workload(kinds.DAEMON_SET, everywhere))
        await scene.ready(cluster, kinds.DAEMON_SET, 2)

    play(story)


def test_a_daemon_keeps_off_a_tainted_node_and_bears_a_cordon() -> None:
    async def story(cluster: FakeCluster) -> None:
        await node_becomes(cluster, unschedulable=True)
        await cluster.create(workload(kinds.DAEMON_SET))
        await scene.ready(cluster, kinds.DAEMON_SET, 1)
        await node_becomes(cluster, taints=[TAINT])
        await asyncio.sleep(1)
        assert scene.status(cluster, kinds.DAEMON_SET)["numberReady"] == 1  # NoSchedule does not end what runs
        await cluster.delete(kinds.POD, "x", manifests.name(cluster.of_kind("Pod")[0]))
        await until(lambda: scene.status(cluster, kinds.DAEMON_SET)["desiredNumberScheduled"] == 0)

    play(story)


def test_pods_of_another_scheduler_and_behind_gates_are_left_alone() -> None:
    async def story(cluster: FakeCluster) -> None:
        await cluster.create(made(kinds.POD, "theirs", {**template()["spec"], "schedulerName": "mine"}))
        await cluster.create(made(kinds.POD, "web", {**template()["spec"], "schedulingGates": [{"name": "a"}]}))
        await until(lambda: scheduled(cluster).get("reason") == "SchedulingGated")
        await asyncio.sleep(5)
        assert "conditions" not in scene.status(cluster, kinds.POD, "theirs")
        await cluster.patch(kinds.POD, "x", "web", {"spec": {"schedulingGates": None}})
        await until(lambda: scene.status(cluster, kinds.POD)["phase"] == "Running")

    play(story)


@pytest.mark.parametrize(
    ("operator", "values", "fits"),
    [
        ("In", ["4", "5"], True),
        ("In", ["5"], False),
        ("NotIn", ["5"], True),
        ("Exists", [], True),
        ("DoesNotExist", [], False),
        ("Gt", ["3"], True),
        ("Lt", ["3"], False),
        ("Gt", ["x"], False),
        ("Near", ["4"], False),
    ],
)
def test_required_affinity_reads_labels(operator: str, values: list[str], fits: bool) -> None:
    term = {"matchExpressions": [{"key": "cores", "operator": operator, "values": values}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{}, term]}}
    node = {"metadata": {"name": "n", "labels": {"cores": "4"}}}
    assert scheduling.attracts({"affinity": {"nodeAffinity": required}}, node) is fits


@pytest.mark.parametrize(
    ("toleration", "bears"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "value": "yes"}, True),
        ({"key": "gpu", "value": "no"}, False),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "cpu", "operator": "Exists"}, False),
    ],
)
def test_a_toleration_bears_a_taint_of_its_key_value_and_effect(toleration: dict[str, str], bears: bool) -> None:
    assert scheduling.tolerates([toleration], TAINT) is bears


def test_the_nodes_lease_is_held_by_its_kubelet() -> None:
    async def story(cluster: FakeCluster) -> None:
        await until(lambda: bool(cluster.of_kind("Lease")))
        found = scene.one(cluster, kinds.LEASE, "dock-node", "kube-node-lease")
        assert (found["spec"]["holderIdentity"], found["spec"]["leaseDurationSeconds"]) == ("dock-node", 40)
        assert found["metadata"]["ownerReferences"][0]["kind"] == "Node"

    scene.play(story, served=(*kinds.WATCHED, kinds.LEASE))
