"""What the components of a cluster tell about their writes: Events, in their words (1.36)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

from dokaseca.dock.simulator import conditions, kinds
from dokaseca.dock.simulator.plan import Create, Delete, Patch, SetStatus, Tell, Write
from dokaseca.dock.simulator.seen import controller
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

KUBELET: Final = "kubelet"
SCHEDULER: Final = "default-scheduler"
_IMAGES: Final = 1000  # that a node remembers to have pulled
_CONTROLLERS: Final = {
    kinds.DEPLOYMENT.kind: "deployment-controller",
    kinds.REPLICA_SET.kind: "replicaset-controller",
    kinds.STATEFUL_SET.kind: "statefulset-controller",
    kinds.DAEMON_SET.kind: "daemonset-controller",
    kinds.JOB.kind: "job-controller",
    kinds.CRON_JOB.kind: "cronjob-controller",
}
_DEFINED = "Container {} definition changed, will be restarted"


class Stories:
    """Remembers which images the node has, as a kubelet does."""

    def __init__(self) -> None:
        self._images: OrderedDict[str, None] = OrderedDict()

    def of_write(self, write: Write, result: Manifest | None) -> Iterator[Tell]:
        """What is told when `write` has been done."""
        match write:
            case Tell():
                yield write
            case Create():
                yield from _of_creation(write, result or write.manifest)
            case Patch():
                yield from _of_scaling(write)
                if write.object.get("kind") == "Pod" and "nodeName" in write.patch.get("spec", {}):
                    yield scheduled(write.object, write.patch["spec"]["nodeName"])
            case Delete() if write.by_owner:
                yield from _of_deletion(write.object)
            case SetStatus() if write.object.get("kind") == "Pod":
                yield from self._of_containers(write.object, write.status)
            case SetStatus():
                yield from _of_status(write.object, write.status)

    def of_end(self, pod: Manifest) -> Iterator[Tell]:
        """What a kubelet tells when a Pod goes: it stops what runs."""
        for status in manifests.get(pod, "status", "containerStatuses", default=[]):
            if "running" in (status.get("state") or {}):
                name = str(status.get("name"))
                yield _kubelet(pod, "Killing", f"Stopping container {name}", _path("containers", name))

    def _of_containers(self, pod: Manifest, status: dict[str, Any]) -> Iterator[Tell]:
        for field, told in (("initContainers", "initContainerStatuses"), ("containers", "containerStatuses")):
            old = {one.get("name"): one for one in manifests.get(pod, "status", told, default=[])}
            policies = {
                one.get("name"): one.get("imagePullPolicy") for one in manifests.get(pod, "spec", field, default=[])
            }
            for new in status.get(told) or ():
                was, path = old.get(new["name"], {}), _path(field, new["name"])
                yield from self._of_container(pod, was, new, path, pulls=policies.get(new["name"]) == "Always")

    def _of_container(
        self, pod: Manifest, old: dict[str, Any], new: dict[str, Any], path: str, *, pulls: bool
    ) -> Iterator[Tell]:
        was, now, image = old.get("state") or {}, new["state"], str(new["image"])
        waits = now.get("waiting", {}).get("reason", "")
        if waits == "ImagePullBackOff":
            if was.keys() != now.keys():
                yield from _unpullable(pod, image, path)
            return
        restarts = new["restartCount"] > old.get("restartCount", 0)
        changed = "running" in was and old.get("image") != image
        if changed:
            yield _kubelet(pod, "Killing", _DEFINED.format(new["name"]), path)
        if restarts or changed or not (was.keys() & {"running", "terminated"}):
            yield from self._pulled(pod, image, path, pulls=pulls)
            yield _kubelet(pod, "Created", "Container created", path)
            yield _kubelet(pod, "Started", "Container started", path)
        if waits == "CrashLoopBackOff":
            who = f"{manifests.name(pod)}_{manifests.namespace(pod)}({manifests.uid(pod)})"
            message = f"Back-off restarting failed container {new['name']} in pod {who}"
            yield _kubelet(pod, "BackOff", message, path, kind="Warning")
        elif "running" in now and not new["ready"] and ("running" not in was or changed):
            message = "Readiness probe failed: HTTP probe failed with statuscode: 503"
            yield _kubelet(pod, "Unhealthy", message, path, kind="Warning")

    def _pulled(self, pod: Manifest, image: str, path: str, *, pulls: bool) -> Iterator[Tell]:
        if image in self._images and not pulls:
            message = f'Container image "{image}" already present on machine and can be accessed by the pod'
            yield _kubelet(pod, "Pulled", message, path)
        else:
            yield _kubelet(pod, "Pulling", f'Pulling image "{image}"', path)
            took = "10ms (10ms including waiting). Image size: 0 bytes."
            yield _kubelet(pod, "Pulled", f'Successfully pulled image "{image}" in {took}', path)
        self._images[image] = None
        self._images.move_to_end(image)
        if len(self._images) > _IMAGES:
            self._images.popitem(last=False)


def scheduled(pod: Manifest, node: str) -> Tell:
    """The scheduler found a node."""
    message = f"Successfully assigned {manifests.namespace(pod)}/{manifests.name(pod)} to {node}"
    return Tell(pod, "Scheduled", message, SCHEDULER, action="Binding")


def backs_off(pod: Manifest, name: str, image: str) -> Iterator[Tell]:
    """A kubelet waits before it tries to pull an image again."""
    path = _path("containers", name)
    yield _kubelet(pod, "BackOff", f'Back-off pulling image "{image}"', path)
    yield _kubelet(pod, "Failed", "Error: ImagePullBackOff", path, kind="Warning")


def _path(field: str, container: str) -> str:
    return f"spec.{field}{{{container}}}"


def _kubelet(pod: Manifest, reason: str, message: str, path: str, *, kind: str = "Normal") -> Tell:
    node = str(manifests.get(pod, "spec", "nodeName", default=""))
    return Tell(pod, reason, message, KUBELET, kind, path, host=node)


def _unpullable(pod: Manifest, image: str, path: str) -> Iterator[Tell]:
    why = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
    yield _kubelet(pod, "Pulling", f'Pulling image "{image}"', path)
    message = f'Failed to pull image "{image}": rpc error: code = NotFound desc = {why}'
    yield _kubelet(pod, "Failed", message, path, kind="Warning")
    yield _kubelet(pod, "Failed", "Error: ErrImagePull", path, kind="Warning")
    yield _kubelet(pod, "BackOff", f'Back-off pulling image "{image}"', path)
    yield _kubelet(pod, "Failed", "Error: ImagePullBackOff", path, kind="Warning")


def _of_creation(write: Create, made: Manifest) -> Iterator[Tell]:
    owner, kind, name = write.owner, made.get("kind"), manifests.name(made)
    component = _CONTROLLERS.get(str(owner.get("kind"))) if owner else None
    if owner is None or component is None:
        return
    if kind == "Pod":
        message = f"Created pod: {name}"
        if component == _CONTROLLERS["StatefulSet"]:
            message = f"create Pod {name} in StatefulSet {manifests.name(owner)} successful"
        yield Tell(owner, "SuccessfulCreate", message, component)
        node = manifests.get(made, "spec", "nodeName", default="")
        if node and not manifests.get(owner, "spec", "template", "spec", "nodeName"):
            yield scheduled(made, node)
    elif kind == "ReplicaSet" and made["spec"]["replicas"]:
        message = f"Scaled up replica set {name} from 0 to {made['spec']['replicas']}"
        yield Tell(owner, "ScalingReplicaSet", message, component)
    elif kind == "PersistentVolumeClaim":
        ordinal, of = name.rpartition("-")[2], manifests.name(owner)
        message = f"create Claim {name} Pod {of}-{ordinal} in StatefulSet {of} success"
        yield Tell(owner, "SuccessfulCreate", message, component)
    elif kind == "Job":
        yield Tell(owner, "SuccessfulCreate", f"Created job {name}", component)


def _of_scaling(write: Patch) -> Iterator[Tell]:
    owner = _owner_or_none(write.object)
    size = write.patch.get("spec", {}).get("replicas")
    if size is None or owner is None or owner["kind"] != "Deployment":
        return
    was = manifests.get(write.object, "spec", "replicas", default=1)
    how = f"{'up' if size > was else 'down'} replica set {manifests.name(write.object)} from {was} to {size}"
    yield Tell(owner, "ScalingReplicaSet", f"Scaled {how}", _CONTROLLERS["Deployment"])


def _of_deletion(gone: Manifest) -> Iterator[Tell]:
    owner, name = _owner_or_none(gone), manifests.name(gone)
    component = _CONTROLLERS.get(str(owner["kind"])) if owner else None
    if owner is None or component is None:
        return
    message = {"Pod": f"Deleted pod: {name}", "Job": f"Deleted job {name}"}.get(str(gone.get("kind")), "")
    if component == _CONTROLLERS["StatefulSet"] and message:
        message = f"delete Pod {name} in StatefulSet {manifests.name(owner)} successful"
    if message:
        yield Tell(owner, "SuccessfulDelete", message, component)


def _owner_or_none(manifest: Manifest) -> Manifest | None:
    """The controller of `manifest`, as far as an Event has to name it."""
    found = controller(manifest)
    if found is None:
        return None
    metadata = {"name": found.get("name"), "namespace": manifests.namespace(manifest), "uid": found.get("uid")}
    return {"apiVersion": found.get("apiVersion"), "kind": found.get("kind"), "metadata": metadata}


def _of_status(manifest: Manifest, status: dict[str, Any]) -> Iterator[Tell]:
    match manifest.get("kind"):
        case "Job":
            yield from _of_job(manifest, status)
        case "Service":
            yield from _of_balancer(manifest, status)
        case "Node" if not conditions.is_true(manifests.get(manifest, "status", "conditions"), "Ready"):
            yield from _of_node(manifest, status)


def _of_job(job: Manifest, status: dict[str, Any]) -> Iterator[Tell]:
    old, component = conditions.by_type(manifests.get(job, "status", "conditions")), _CONTROLLERS["Job"]
    for kind, one in conditions.by_type(status.get("conditions")).items():
        if one["status"] == old.get(kind, {}).get("status", "False"):
            continue
        if kind == "Complete":
            yield Tell(job, "Completed", "Job completed", component)
        elif kind == "Failed":
            yield Tell(job, one["reason"], one["message"], component, "Warning")
        elif kind == "Suspended":
            reason, message = ("Suspended", "Job suspended") if one["status"] == "True" else ("Resumed", "Job resumed")
            yield Tell(job, reason, message, component)


def _of_balancer(service: Manifest, status: dict[str, Any]) -> Iterator[Tell]:
    had = manifests.get(service, "status", "loadBalancer", "ingress")
    has = manifests.get(status, "loadBalancer", "ingress")
    if bool(had) == bool(has):
        return
    for verb in ("Ensuring", "Ensured") if has else ("Deleting", "Deleted"):
        yield Tell(service, f"{verb}LoadBalancer", f"{verb} load balancer", "service-controller")


def _of_node(node: Manifest, status: dict[str, Any]) -> Iterator[Tell]:
    name = manifests.name(node)
    yield Tell(node, "Starting", "Starting kubelet.", KUBELET, host=name)
    for one in status.get("conditions") or ():
        reason = "NodeReady" if one["type"] == "Ready" else str(one["reason"]).replace("Kubelet", "Node", 1)
        yield Tell(node, reason, f"Node {name} status is now: {reason}", KUBELET, host=name)
    message = f"Node {name} event: Registered Node {name} in Controller"
    yield Tell(node, "RegisteredNode", message, "node-controller")
