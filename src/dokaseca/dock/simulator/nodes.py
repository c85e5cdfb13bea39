"""The one node that everything is said to run on."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.simulator import conditions, kinds, plan, pod_status
from dokaseca.dock.simulator.options import SIMULATE
from dokaseca.dock.simulator.plan import Patch, Plan, Tell
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

LOST = "lost"  # value of the annotation: the node's kubelet is silent
UNREACHABLE = "node.kubernetes.io/unreachable"
_CAPACITY = {"cpu": "8", "memory": "32Gi", "ephemeral-storage": "256Gi", "pods": "1000"}
_WELL = {
    "MemoryPressure": (False, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": (False, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": (False, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": (True, "KubeletReady", "kubelet is posting ready status"),
}


def node(name: str) -> Manifest:
    """The Node as a kubelet registers it."""
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": "amd64",
        "node-role.kubernetes.io/control-plane": "",
    }
    metadata = {"name": name, "labels": labels}
    spec = {"podCIDR": "10.244.0.0/14", "podCIDRs": ["10.244.0.0/14"], "providerID": f"dokaseca://{name}"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec}


def reconcile(found: Manifest, context: Context) -> Plan:
    """Report our node ready, or lost where it is told to be; others are not ours."""
    if manifests.name(found) != context.options.node_name or manifests.is_deleting(found):
        return plan.NOTHING
    old = manifests.get(found, "status", default={})
    is_lost = manifests.annotations(found).get(SIMULATE) == LOST
    marks = _marks(found, context.time, is_lost=is_lost)
    if is_lost:
        return Plan((*marks, *plan.status(found, {**old, "conditions": _unknown(old, context.time)})))
    if marks:
        return Plan((*marks, *plan.status(found, _status(found, old, context.time))))
    if conditions.is_true(old.get("conditions"), "Ready") and old.get("capacity") == _CAPACITY:
        return plan.NOTHING
    return Plan(plan.status(found, _status(found, old, context.time)))


def _marks(found: Manifest, time: str, *, is_lost: bool) -> tuple[plan.Write, ...]:
    """The taints of node-lifecycle-controller, put on a node that is lost and taken off one that is back."""
    taints = manifests.get(found, "spec", "taints", default=[])
    own = [one for one in taints if one.get("key") == UNREACHABLE]
    if bool(own) == is_lost:
        return ()
    others = [one for one in taints if one not in own]
    added = [{"key": UNREACHABLE, "effect": effect, "timeAdded": time} for effect in ("NoSchedule", "NoExecute")]
    change = [*others, *added] if is_lost else others
    name = manifests.name(found)
    reason = "NodeNotReady" if is_lost else "NodeReady"
    told = Tell(found, reason, f"Node {name} status is now: {reason}", "node-controller")
    return (Patch(found, {"spec": {"taints": change or None}}), told)


def _unknown(old: dict[str, Any], time: str) -> list[dict[str, Any]]:
    """What is said of a node whose kubelet is silent."""
    message = "Kubelet stopped posting node status."
    return [
        one
        if one.get("status") == "Unknown"
        else {**one, "status": "Unknown", "reason": "NodeStatusUnknown", "message": message, "lastTransitionTime": time}
        for one in old.get("conditions") or ()
    ]


def lease(name: str, node: Manifest, time: str) -> Manifest:
    """What a kubelet renews to say that it lives; here it is written once."""
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": manifests.uid(node)}
    metadata = {"name": name, "namespace": "kube-node-lease", "ownerReferences": [owner]}
    spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": f"{time[:-1]}.000000Z"}
    return {"apiVersion": kinds.LEASE.api_version, "kind": kinds.LEASE.kind, "metadata": metadata, "spec": spec}


def _status(found: Manifest, old: dict[str, Any], time: str) -> dict[str, Any]:
    wanted = [conditions.condition(kind, *well) for kind, well in _WELL.items()]
    name = manifests.name(found)
    return {
        "addresses": [{"type": "InternalIP", "address": pod_status.HOST_IP}, {"type": "Hostname", "address": name}],
        "capacity": _CAPACITY,
        "allocatable": _CAPACITY,
        "conditions": [
            {**one, "lastHeartbeatTime": time} for one in conditions.merged(old.get("conditions"), wanted, time)
        ],
        "nodeInfo": {
            "architecture": "amd64",
            "operatingSystem": "linux",
            "osImage": "DoKa Seca dry dock",
            "kernelVersion": "simulated",
            "containerRuntimeVersion": "simulated://1",
            "kubeletVersion": "v1.36.0",
            "kubeProxyVersion": "",
            "machineID": name,
            "systemUUID": name,
            "bootID": name,
        },
    }
