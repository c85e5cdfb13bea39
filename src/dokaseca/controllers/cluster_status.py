"""A Cluster's status, endpoint and kubeconfig Secret as Cluster API writes them. Pure."""

from __future__ import annotations

import base64
from datetime import datetime
from enum import StrEnum
from typing import Any

from dokaseca.kit import yaml_out
from dokaseca.kit.clock import rfc3339
from dokaseca.model import kubeconfig
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster_provider import ClusterEndpoint

CONDITIONS = ("Ready", "InfrastructureReady", "ControlPlaneInitialized")
PORTS = {"https": 443, "http": 80}


class Phase(StrEnum):
    """`status.phase`, the values that our clusters take."""

    PROVISIONED = "Provisioned"
    DELETING = "Deleting"
    FAILED = "Failed"


def of(cluster: Manifest, phase: Phase, message: str, now: datetime) -> dict[str, Any]:
    """The whole status; what did not change keeps its time, so that no write follows."""
    old = cluster.get("status") or {}
    is_ready = phase is Phase.PROVISIONED
    before = {one.get("type"): one for one in old.get("conditions") or ()}
    others = [one for kind, one in before.items() if kind not in CONDITIONS]
    return {
        **old,
        "phase": phase.value,
        "infrastructureReady": is_ready,
        "controlPlaneReady": is_ready,
        "observedGeneration": manifests.metadata(cluster).get("generation", 1),
        "conditions": [
            *(_condition(before.get(kind) or {}, kind, phase, message, now) for kind in CONDITIONS),
            *others,
        ],
    }


def endpoint(of_cluster: ClusterEndpoint) -> dict[str, Any]:
    """`controlPlaneEndpoint`: host and port of the API server."""
    scheme, _, rest = of_cluster.server.partition("://")
    address = rest.partition("/")[0]
    host, _, port = address.rpartition(":") if address.rpartition(":")[2].isdigit() else (address, "", "")
    return {"host": host.strip("[]"), "port": int(port) if port else PORTS.get(scheme, PORTS["https"])}


def kubeconfig_name(cluster: Manifest) -> str:
    """Cluster API's name for the Secret that holds a cluster's kubeconfig."""
    return f"{manifests.name(cluster)}-kubeconfig"


def kubeconfig_secret(cluster: Manifest, of_cluster: ClusterEndpoint) -> Manifest:
    """The Secret that Cluster API clients read a kubeconfig from."""
    name = manifests.name(cluster)
    config = kubeconfig.for_certificate(
        name, of_cluster.server, of_cluster.ca_pem, of_cluster.client_cert_pem, of_cluster.client_key_pem
    )
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": kubeconfig_name(cluster),
            "namespace": manifests.namespace(cluster),
            "labels": {"cluster.x-k8s.io/cluster-name": name},
        },
        "type": "cluster.x-k8s.io/secret",
        "data": {"value": base64.b64encode(yaml_out.dump(config).encode()).decode()},
    }


def _condition(old: Manifest, kind: str, phase: Phase, message: str, now: datetime) -> Manifest:
    status = "True" if phase is Phase.PROVISIONED else "False"
    since = old.get("lastTransitionTime") if old.get("status") == status else None
    return {
        "type": kind,
        "status": status,
        "reason": phase.value,
        "message": message,
        "lastTransitionTime": since or rfc3339(now),
    }
