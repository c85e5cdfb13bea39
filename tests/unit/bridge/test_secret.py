"""The cluster Secret, exactly as the GitOps Bridge module writes it."""

from __future__ import annotations

import base64
import json
from typing import Any

from dokaseca.bridge import secret
from dokaseca.bridge.platform import ClusterSpec, RepositorySpec
from dokaseca.generate import cluster_secret as readers

REPOSITORIES = {
    name: RepositorySpec(f"https://git.test/{name}.git", path=name) for name in ("addons", "workloads", "clusters")
}


def decoded(manifest: dict[str, Any]) -> dict[str, str]:
    return {name: base64.b64decode(text, validate=True).decode() for name, text in manifest["data"].items()}


def test_the_defaults_are_those_of_the_module():
    found = secret.cluster_secret()
    assert (found["apiVersion"], found["kind"]) == ("v1", "Secret")
    assert found["type"] == "Opaque"
    assert found["metadata"] == {
        "name": "in-cluster",
        "namespace": "argocd",
        "labels": {
            "cluster_name": "in-cluster",
            "environment": "dev",
            "enable_argocd": "true",
            "argocd.argoproj.io/secret-type": "cluster",
        },
        "annotations": {"cluster_name": "in-cluster", "environment": "dev"},
    }
    data = decoded(found)
    assert set(data) == {"name", "server", "config"}
    assert (data["name"], data["server"]) == ("in-cluster", "https://kubernetes.default.svc")
    assert json.loads(data["config"]) == {"tlsClientConfig": {"insecure": False}}


def test_name_and_namespace_of_the_secret_may_differ_from_the_cluster():
    found = secret.cluster_secret("dev", secret_name="dev-registration", secret_namespace="gitops")
    assert (found["metadata"]["name"], found["metadata"]["namespace"]) == ("dev-registration", "gitops")
    assert decoded(found)["name"] == found["metadata"]["labels"]["cluster_name"] == "dev"


def test_addons_are_labels_laid_over_the_four_base_ones():
    addons = {"enable_argocd": False, "environment": "stg", "enable_velero": True, "replicas": 3}
    found = secret.cluster_secret("dev", environment="dev", addons=addons)["metadata"]
    assert found["labels"] == {
        "cluster_name": "dev",
        "environment": "stg",
        "enable_argocd": "false",
        "argocd.argoproj.io/secret-type": "cluster",
        "enable_velero": "true",
        "replicas": "3",
    }
    assert found["annotations"] == {"cluster_name": "dev", "environment": "dev"}


def test_metadata_is_annotations_laid_over_the_two_base_ones():
    metadata = {"environment": "other", "aws_region": "eu-west-1", "private": False}
    found = secret.cluster_secret("dev", metadata=metadata)["metadata"]
    assert found["annotations"] == {
        "cluster_name": "dev",
        "environment": "other",
        "aws_region": "eu-west-1",
        "private": "false",
    }
    assert found["labels"]["environment"] == "dev"


def test_a_remote_cluster_is_reached_by_its_certificates():
    config = secret.remote_config("CA", "CERT", "KEY")
    found = secret.cluster_secret("dev", server="https://10.0.0.1:6443", config=config)
    data = decoded(found)
    assert data["server"] == "https://10.0.0.1:6443"
    tls = json.loads(data["config"])["tlsClientConfig"]
    assert tls.pop("insecure") is False
    pems = {name: base64.b64decode(text).decode() for name, text in tls.items()}
    assert pems == {"caData": "CA", "certData": "CERT", "keyData": "KEY"}


def test_the_generator_reads_what_was_written():
    found = readers.from_secret(secret.cluster_secret("dev", server="https://dev:6443", addons={"enable_x": True}))
    assert (found.name, found.server, found.secret_name) == ("dev", "https://dev:6443", "dev")
    assert found.labels["enable_x"] == "true"
    assert readers.is_cluster_secret(secret.cluster_secret("dev"))


def test_labels_say_where_and_what_a_cluster_is_under_every_name_that_is_read():
    cluster = ClusterSpec(
        "dev",
        "stg",
        region="us",
        cloud="aws",
        distro="kind",
        kubernetes_version="v1.35.0",
        labels={"domain": "example.org", "region": "eu"},
        teams={"team-a": True, "team-c": False},
        addons={"metrics-server": True, "enable_velero": False},
    )
    assert secret.labels_of(cluster, kind="workload") == {
        "cloud": "aws",
        "cloud_provider": "aws",
        "region": "eu",
        "env": "stg",
        "type": "workload",
        "cluster_type": "workload",
        "distro": "kind",
        "version": "v1.35.0",
        "team-a": "true",
        "team-c": "false",
        "enable_metrics_server": "true",
        "enable_velero": "false",
        "domain": "example.org",
    }


def test_annotations_carry_all_four_parts_of_all_three_repositories():
    found = secret.repository_annotations(REPOSITORIES, "http://127.0.0.1:1/charts")
    assert found == {
        **{f"{name}_repo_url": f"https://git.test/{name}.git" for name in REPOSITORIES},
        **{f"{name}_repo_basepath": "argocd" for name in REPOSITORIES},
        **{f"{name}_repo_path": name for name in REPOSITORIES},
        **{f"{name}_repo_revision": "main" for name in REPOSITORIES},
        "charts_repo_url": "http://127.0.0.1:1/charts",
    }
