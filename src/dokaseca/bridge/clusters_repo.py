"""The clusters repository: one Cluster API Cluster per application cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from dokaseca.bridge import secret
from dokaseca.bridge.platform import ClusterSpec, Platform
from dokaseca.kit import yaml_out
from dokaseca.model.manifest import Manifest

NAMESPACE = "clusters"
NAMESPACE_FILE = "_namespace.yaml"  # no cluster can have this name: DNS labels know no underscore


def files(platform: Platform) -> dict[str, bytes]:
    """Path to content of every file; the labels and annotations are those that the cluster's Secret will carry."""
    below = _below(platform)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    found = {"README.md": _README.encode(), below + NAMESPACE_FILE: yaml_out.dump(namespace).encode()}
    for path, cluster in cluster_files(platform).items():
        found[path] = yaml_out.dump_all(manifests(cluster)).encode()
    return found


def cluster_files(platform: Platform) -> dict[str, ClusterSpec]:
    """The path of each cluster's file."""
    return {f"{_below(platform)}{cluster.name}.yaml": cluster for cluster in platform.clusters}


def manifests(cluster: ClusterSpec) -> list[Manifest]:
    """The Cluster and its infrastructure on the dock."""
    return [
        {
            "apiVersion": "cluster.x-k8s.io/v1beta1",
            "kind": "Cluster",
            "metadata": {
                "name": cluster.name,
                "namespace": NAMESPACE,
                "labels": {"environment": cluster.environment, **secret.labels_of(cluster, kind="workload")},
                **_annotations(cluster.annotations),
            },
            "spec": {
                "infrastructureRef": {
                    "apiVersion": "infrastructure.dokaseca.dev/v1alpha1",
                    "kind": "DockCluster",
                    "name": cluster.name,
                },
                "topology": {"class": "dock", "version": cluster.kubernetes_version},
            },
        },
        {
            "apiVersion": "infrastructure.dokaseca.dev/v1alpha1",
            "kind": "DockCluster",
            "metadata": {"name": cluster.name, "namespace": NAMESPACE},
            "spec": {},
        },
    ]


def _below(platform: Platform) -> str:
    folder = platform.repositories["clusters"].folder
    return folder + "/" if folder else ""


def _annotations(annotations: Mapping[str, str]) -> Manifest:
    return {"annotations": dict(annotations)} if annotations else {}


_README = """# Clusters

One file per application cluster. Commit a file and the cluster comes up, registered with the labels of its `Cluster`
object, so that addons and workloads arrive on their own. Remove the file and it is emptied and taken down.
"""
