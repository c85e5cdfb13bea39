"""The one node that everything is said to run on."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.simulator import conditions, plan, pod_status
from dokaseca.dock.simulator.plan import Plan
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

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
    """Report our node ready; others are not ours."""
    if manifests.name(found) != context.options.node_name or manifests.is_deleting(found):
        return plan.NOTHING
    old = manifests.get(found, "status", default={})
    if conditions.is_true(old.get("conditions"), "Ready") and old.get("capacity") == _CAPACITY:
        return plan.NOTHING
    return Plan(plan.status(found, _status(found, old, context.time)))


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
