"""The statuses that a kubelet writes."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from dokaseca.dock.simulator import conditions
from dokaseca.kit import digest
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

End: TypeAlias = tuple[str, int]  # why a container ended, and its exit code
COMPLETED: Final[End] = ("Completed", 0)
ERROR: Final[End] = ("Error", 1)
OUT_OF_MEMORY: Final[End] = ("OOMKilled", 137)
HOST_IP = "192.0.2.10"  # TEST-NET-1 (RFC 5737): no machine answers there


def running(pod: Manifest, time: str, *, ready: bool) -> dict[str, Any]:
    """All containers run; `ready` says what their probes say."""
    state = {"running": {"startedAt": time}}
    containers = [_container(pod, one, state, ready=ready) for one in _containers(pod)]
    return _status(pod, "Running", containers, time, ready=ready)


def succeeded(pod: Manifest, time: str) -> dict[str, Any]:
    """All containers ran to completion."""
    return _ended(pod, time, "Succeeded", "PodCompleted", _terminated(pod, time, COMPLETED))


def failed(pod: Manifest, time: str, end: End = ERROR) -> dict[str, Any]:
    """A container ended with an error and will not be restarted."""
    return _ended(pod, time, "Failed", "PodFailed", _terminated(pod, time, end))


def cannot_pull(pod: Manifest, time: str) -> dict[str, Any]:
    """No image could be pulled."""
    containers = []
    for one in _containers(pod):
        message = f'Back-off pulling image "{one.get("image", "")}"'
        state = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
        containers.append(_container(pod, one, state, ready=False))
    return _status(pod, "Pending", containers, time, ready=False)


def crash_looping(pod: Manifest, time: str, restarts: int, end: End = ERROR) -> dict[str, Any]:
    """The containers keep ending with an error; they were started again `restarts` times."""
    containers = []
    for one in _containers(pod):
        message = f"back-off restarting failed container={one.get('name')} pod={manifests.name(pod)}"
        state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        last = _terminated(pod, time, end)
        containers.append({**_container(pod, one, state, ready=False), "lastState": last, "restartCount": restarts})
    return _status(pod, "Running", containers, time, ready=False)


def pod_ip(pod: Manifest) -> str:
    """An address of 10.244.0.0/14 made of the uid: the same after a restart, apart from the Services' range."""
    number = int(digest.of_bytes(manifests.uid(pod).encode())[:8], 16)
    return f"10.{244 + (number >> 16 & 3)}.{number >> 8 & 255}.{1 + number % 254}"


def _containers(pod: Manifest, field: str = "containers") -> list[dict[str, Any]]:
    return [one for one in manifests.get(pod, "spec", field, default=[]) if isinstance(one, dict)]


def _container(pod: Manifest, container: dict[str, Any], state: dict[str, Any], *, ready: bool) -> dict[str, Any]:
    image = str(container.get("image", ""))
    status = {
        "name": container.get("name", ""),
        "image": image,
        "imageID": "",
        "ready": ready,
        "started": "running" in state,
        "restartCount": 0,
        "state": state,
        "lastState": {},
    }
    if "waiting" not in state:
        name = image.partition("@")[0]
        status["imageID"] = f"{name}@sha256:{digest.of_bytes(image.encode())}"
        status["containerID"] = _container_id(pod, str(container.get("name", "")))
    return status


def _container_id(pod: Manifest, name: str) -> str:
    return f"containerd://{digest.of_bytes(f'{manifests.uid(pod)}/{name}'.encode())}"


def _terminated(pod: Manifest, time: str, end: End) -> dict[str, Any]:
    reason, exit_code = end
    started = manifests.get(pod, "status", "startTime", default=time)
    return {"terminated": {"exitCode": exit_code, "reason": reason, "startedAt": started, "finishedAt": time}}


def _ended(pod: Manifest, time: str, phase: str, reason: str, state: dict[str, Any]) -> dict[str, Any]:
    containers = [_container(pod, one, state, ready=False) for one in _containers(pod)]
    status = _status(pod, phase, containers, time, ready=False)
    for one in status["conditions"]:
        if one["type"] in ("Ready", "ContainersReady") or (one["type"] == "Initialized" and phase == "Succeeded"):
            one["reason"] = reason
            one.pop("message", None)
    return status


def _status(pod: Manifest, phase: str, containers: list[dict[str, Any]], time: str, *, ready: bool) -> dict[str, Any]:
    unready = [one["name"] for one in containers if not one["ready"]]
    why = ("", "") if ready else ("ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
    wanted = [
        conditions.condition("PodReadyToStartContainers", True),
        conditions.condition("Initialized", True),
        conditions.condition("Ready", ready, *why),
        conditions.condition("ContainersReady", ready, *why),
        conditions.condition("PodScheduled", True),
    ]
    old = manifests.get(pod, "status", default={})
    status: dict[str, Any] = {
        "phase": phase,
        "conditions": [
            {**one, "lastProbeTime": None} for one in conditions.merged(old.get("conditions"), wanted, time)
        ],
        "hostIP": HOST_IP,
        "hostIPs": [{"ip": HOST_IP}],
        "startTime": old.get("startTime", time),
        "containerStatuses": containers,
    }
    address = HOST_IP if manifests.get(pod, "spec", "hostNetwork") else pod_ip(pod)
    status |= {"podIP": address, "podIPs": [{"ip": address}]}
    if "qosClass" in old:
        status["qosClass"] = old["qosClass"]
    inits = [
        _container(pod, one, _terminated(pod, time, COMPLETED), ready=True)
        for one in _containers(pod, "initContainers")
    ]
    return {**status, "initContainerStatuses": inits} if inits else status
