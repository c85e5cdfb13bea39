"""The files of the clusters repository."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dokaseca.bridge import clusters_repo, registration, secret
from dokaseca.bridge.platform import ClusterSpec, Platform, RepositorySpec
from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.ports.cluster_provider import ClusterEndpoint

DEV = ClusterSpec(
    "dev",
    "dev",
    region="us",
    kubernetes_version="v1.35.0",
    labels={"domain": "example.org"},
    annotations={"owner": "me"},
    teams={"team-a": True},
    addons={"metrics-server": True},
)
PLATFORM = Platform(
    name="demo",
    hub=ClusterSpec("hub", "control-plane"),
    clusters=(DEV, ClusterSpec("prod", "prod")),
    repositories={"clusters": RepositorySpec(path="clusters")},
)


def test_there_is_a_file_for_each_cluster_and_one_for_their_namespace():
    files = clusters_repo.files(PLATFORM)
    assert sorted(files) == [
        "README.md",
        "argocd/clusters/_namespace.yaml",
        "argocd/clusters/dev.yaml",
        "argocd/clusters/prod.yaml",
    ]
    (namespace,) = yaml_in.load_all(files["argocd/clusters/_namespace.yaml"], subject="namespace")
    assert (namespace.value["kind"], namespace.value["metadata"]) == ("Namespace", {"name": "clusters"})
    documents = [one.value for one in yaml_in.load_all(files["argocd/clusters/dev.yaml"], subject="dev")]
    assert documents == clusters_repo.manifests(DEV)
    assert [one["kind"] for one in documents] == ["Cluster", "DockCluster"]


@pytest.mark.parametrize(
    ("basepath", "path", "file"),
    [
        ("", "clusters", "clusters/dev.yaml"),
        ("a/", "/b/", "a/b/dev.yaml"),
        ("argocd", "", "argocd/dev.yaml"),
        ("", "", "dev.yaml"),
    ],
)
def test_files_lie_where_the_bootstrap_reads(basepath, path, file):
    platform = replace(PLATFORM, repositories={"clusters": RepositorySpec(basepath=basepath, path=path)})
    files = clusters_repo.files(platform)
    assert file in files
    assert not any(name.startswith("/") or "//" in name for name in files)


def test_no_cluster_s_file_takes_the_namespace_s_place():
    cluster = ClusterSpec("namespace", "dev")
    files = clusters_repo.files(replace(PLATFORM, clusters=(cluster,)))
    assert b"kind: Namespace" in files["argocd/clusters/_namespace.yaml"]
    assert b"kind: Cluster" in files["argocd/clusters/namespace.yaml"]


def test_a_cluster_s_labels_and_annotations_are_those_of_its_secret():
    cluster, infrastructure = clusters_repo.manifests(DEV)
    endpoint = ClusterEndpoint("https://dev:6443", "CA", "CERT", "KEY", "v1.35.0")
    written = registration.cluster_secret(cluster, endpoint, None)
    expected = secret.cluster_secret(
        "dev", environment="dev", metadata=DEV.annotations, addons=secret.labels_of(DEV, kind="workload")
    )
    assert manifests.labels(written) == manifests.labels(expected)
    assert manifests.annotations(written) == manifests.annotations(expected)
    assert cluster["spec"]["topology"] == {"class": "dock", "version": "v1.35.0"}
    reference = cluster["spec"]["infrastructureRef"]
    assert reference == {
        "apiVersion": infrastructure["apiVersion"],
        "kind": infrastructure["kind"],
        "name": infrastructure["metadata"]["name"],
    }


def test_a_cluster_without_annotations_has_no_empty_field_for_them():
    cluster, _ = clusters_repo.manifests(ClusterSpec("prod", "prod"))
    assert "annotations" not in cluster["metadata"]
