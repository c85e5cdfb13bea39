"""What a cluster holds before anybody has written to it, and what every namespace holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dokaseca.dock import state
from dokaseca.dock.admission import plugins
from dokaseca.dock.authz import defaults
from dokaseca.dock.lifecycle import access
from dokaseca.dock.state import ClusterState
from dokaseca.model.manifest import Manifest

_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
_API_ADDRESS = "192.0.2.1"  # TEST-NET-1 (RFC 5737): no machine answers there
_ROOT_CA = "kube-root-ca.crt"
_NOTE = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."  # noqa: E501 - the server's sentence


def prepare(cluster: ClusterState) -> None:
    """Create what is missing; idempotent.

    Raises:
        StatusError: 500, the storage refuses.
    """
    for name in _NAMESPACES:
        if cluster.store.get_or_none(state.NAMESPACES, "", name) is None:
            _put(cluster, state.NAMESPACES, _namespace(name))
    for table, manifest in defaults.objects():
        metadata = manifest["metadata"]
        if cluster.store.get_or_none(table, metadata.get("namespace", ""), metadata["name"]) is None:
            _put(cluster, table, manifest)
    for name, (value, why) in plugins.SYSTEM_PRIORITIES.items():
        if cluster.store.get_or_none(plugins.PRIORITY_CLASSES, "", name) is None:
            _put(cluster, plugins.PRIORITY_CLASSES, _priority_class(name, value, why))
    access.gather(cluster)
    for stored in list(cluster.store.scan(state.NAMESPACES)):
        complete_namespace(cluster, stored.name)
    if cluster.store.get_or_none(state.SERVICES, "default", "kubernetes") is None:
        _put(cluster, state.SERVICES, _api_service())
    for table, manifest in _api_endpoints():
        if cluster.store.get_or_none(table, "default", "kubernetes") is None:
            _put(cluster, table, manifest)


def complete_namespace(cluster: ClusterState, name: str) -> None:
    """Give a living namespace its default ServiceAccount and the cluster's CA."""
    for table, manifest in _contents(cluster, name):
        if cluster.store.get_or_none(table, name, manifest["metadata"]["name"]) is None:
            _put(cluster, table, manifest)


def _put(cluster: ClusterState, table: str, manifest: Manifest) -> None:
    manifest["metadata"] |= {"uid": state.new_uid(), "creationTimestamp": cluster.now()}
    cluster.store.put(table, manifest)


def _namespace(name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _contents(cluster: ClusterState, namespace: str) -> Iterator[tuple[str, dict[str, Any]]]:
    account = {"name": "default", "namespace": namespace}
    yield "serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}
    metadata = {"name": _ROOT_CA, "namespace": namespace, "annotations": {"kubernetes.io/description": _NOTE}}
    data = {"ca.crt": cluster.ca_pem}
    yield "configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _api_endpoints() -> Iterator[tuple[str, Manifest]]:
    """Where the API server is said to listen."""
    ports, metadata = (
        [{"name": "https", "port": 6443, "protocol": "TCP"}],
        {"name": "kubernetes", "namespace": "default"},
    )
    mirrored = {**metadata, "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}}
    subsets = [{"addresses": [{"ip": _API_ADDRESS}], "ports": ports}]
    yield "endpoints", {"apiVersion": "v1", "kind": "Endpoints", "metadata": mirrored, "subsets": subsets}
    yield (
        "endpointslices.discovery.k8s.io",
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "generation": 1, "labels": {"kubernetes.io/service-name": "kubernetes"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [_API_ADDRESS], "conditions": {"ready": True}}],
            "ports": ports,
        },
    )


def _priority_class(name: str, value: int, description: str) -> Manifest:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name, "generation": 1},
        "value": value,
        "description": description,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def _api_service() -> Manifest:
    address = "10.96.0.1"
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": address,
            "clusterIPs": [address],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
        "status": {"loadBalancer": {}},
    }
