"""EndpointSlices: which Pods a Service leads to."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.patching.equality import equal
from dokaseca.dock.simulator import kinds, plan, pod_state, templates
from dokaseca.dock.simulator.plan import Create, Patch, Plan
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_MANAGED_BY = "endpointslice-controller.k8s.io"


def reconcile(service: Manifest, context: Context) -> Plan:
    """Keep one slice per Service that has a selector."""
    selector = manifests.get(service, "spec", "selector")
    if manifests.is_deleting(service) or not selector or manifests.get(service, "spec", "type") == "ExternalName":
        return plan.NOTHING
    pods = [pod for pod in context.seen.within(kinds.POD, manifests.namespace(service)) if selects(service, pod)]
    pods = sorted((pod for pod in pods if manifests.get(pod, "status", "podIP")), key=manifests.name)
    content = {
        "endpoints": [_endpoint(pod) for pod in pods if pod_state.phase(pod) not in ("Succeeded", "Failed")],
        "ports": _ports(service, pods),
    }
    found = next(iter(context.seen.owned(service, kinds.ENDPOINT_SLICE)), None)
    if found is None:
        return Plan((Create(_slice(service, content), service),))
    same = all(equal(found.get(field) or [], content[field]) for field in content)
    return plan.NOTHING if same else Plan((Patch(found, content),))


def selects(service: Manifest, pod: Manifest) -> bool:
    """Whether the Service's selector matches the Pod."""
    selector = manifests.get(service, "spec", "selector", default={})
    return bool(selector) and selector.items() <= manifests.labels(pod).items()


def _slice(service: Manifest, content: dict[str, Any]) -> Manifest:
    name = manifests.name(service)
    metadata = {
        "name": f"{name}-{templates.safe_hash(manifests.uid(service), 5)}",
        "namespace": manifests.namespace(service),
        "labels": {
            **manifests.labels(service),
            "kubernetes.io/service-name": name,
            "endpointslice.kubernetes.io/managed-by": _MANAGED_BY,
        },
        "ownerReferences": [templates.owner_reference(service)],
    }
    return {
        "apiVersion": kinds.ENDPOINT_SLICE.api_version,
        "kind": kinds.ENDPOINT_SLICE.kind,
        "metadata": metadata,
        "addressType": "IPv4",
        **content,
    }


def _endpoint(pod: Manifest) -> dict[str, Any]:
    ready, going = pod_state.is_ready(pod), manifests.is_deleting(pod)
    return {
        "addresses": [manifests.get(pod, "status", "podIP")],
        "conditions": {"ready": ready and not going, "serving": ready, "terminating": going},
        "nodeName": manifests.get(pod, "spec", "nodeName", default=""),
        "targetRef": {
            "kind": "Pod",
            "name": manifests.name(pod),
            "namespace": manifests.namespace(pod),
            "uid": manifests.uid(pod),
        },
    }


def _ports(service: Manifest, pods: list[Manifest]) -> list[dict[str, Any]]:
    """The Service's ports with their targets as numbers; a name that no Pod knows has no entry."""
    ports = []
    for port in manifests.get(service, "spec", "ports", default=[]):
        protocol, target = port.get("protocol", "TCP"), port.get("targetPort", port.get("port"))
        number = target if isinstance(target, int) else _named_port(pods, str(target), protocol)
        if number is not None:
            entry = {"name": port.get("name", ""), "port": number, "protocol": protocol}
            ports.append({**entry, "appProtocol": port["appProtocol"]} if "appProtocol" in port else entry)
    return ports


def _named_port(pods: list[Manifest], name: str, protocol: str) -> int | None:
    for pod in pods:
        for container in manifests.get(pod, "spec", "containers", default=[]):
            for port in container.get("ports") or ():
                if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                    return int(port["containerPort"])
    return None
