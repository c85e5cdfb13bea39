from __future__ import annotations

import orjson
import pytest

from dokaseca.adapters import kube_connect
from dokaseca.bridge import clusters_repo, platform, registration, secret
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster_provider import ClusterEndpoint

ENDPOINT = ClusterEndpoint("https://127.0.0.1:6443", "CA", "CERT", "KEY", "v1.36.0")
PLATFORM = b"""
apiVersion: dokaseca.dev/v1alpha1
kind: Platform
metadata: {name: p}
spec:
  clusters:
  - name: dev
    environment: dev
    region: asia-pacific
    labels: {tier: gold}
    annotations: {cost_center: "42"}
    teams: {team-a: true, team-b: false}
    addons: {metrics-server: true}
"""


def cluster(labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None) -> Manifest:
    return {"metadata": {"name": "dev", "labels": labels or {}, "annotations": annotations or {}}}


def test_what_the_platform_file_says_of_a_cluster_arrives_on_its_secret() -> None:
    found = platform.load(PLATFORM, subject="p.yaml")
    wished = clusters_repo.manifests(found.clusters[0])[0]
    one = registration.cluster_secret(wished, ENDPOINT, None)
    labels = manifests.labels(one)
    assert secret.labels_of(found.clusters[0], kind="workload").items() <= labels.items()
    assert (labels["environment"], labels["tier"], labels["team-b"]) == ("dev", "gold", "false")
    assert labels["enable_metrics_server"] == "true"
    assert manifests.annotations(one) == {"cluster_name": "dev", "environment": "dev", "cost_center": "42"}


def test_its_config_is_one_that_we_can_connect_with() -> None:
    one = registration.cluster_secret(cluster(), ENDPOINT, None)
    config = kube_connect.read_config(secrets.text(one, "config"), subject="cluster dev")
    assert set(config["tlsClientConfig"]) == {"insecure", "caData", "certData", "keyData"}
    assert b"KEY" not in orjson.dumps(one)


def test_an_environment_that_is_not_said_is_dev() -> None:
    one = registration.cluster_secret(cluster(), ENDPOINT, None)
    assert manifests.labels(one)["environment"] == "dev"


def test_only_repositories_are_inherited() -> None:
    hub = secret.cluster_secret(
        "hub",
        metadata={
            "addons_repo_url": "a",
            "workloads_repo_path": "w",
            "clusters_repo_revision": "c",
            "charts_repo_url": "x",
            "addons_repository": "no",
            "owner": "no",
        },
    )
    one = registration.cluster_secret(cluster(annotations={"workloads_repo_path": "mine"}), ENDPOINT, hub)
    assert manifests.annotations(one) == {
        "cluster_name": "dev",
        "environment": "dev",
        "addons_repo_url": "a",
        "workloads_repo_path": "mine",
        "clusters_repo_revision": "c",
        "charts_repo_url": "x",
    }


def test_a_spoke_cannot_be_selected_as_the_hub() -> None:
    one = registration.cluster_secret(cluster(labels={"cluster_name": "hub"}), ENDPOINT, None)
    assert manifests.labels(one)["cluster_name"] == "dev"


def test_the_hub_is_known_by_its_server() -> None:
    hub, spoke = secret.cluster_secret("main"), secret.cluster_secret("dev", server="https://dev")
    assert registration.hub_or_none([spoke, hub]) is hub
    assert registration.hub_or_none([spoke]) is None


@pytest.mark.parametrize(("name", "expected"), [("dev", True), ("by-hand", True), ("prod", False), ("", False)])
def test_a_secret_goes_by_its_own_name_and_by_its_clusters(name: str, expected: bool) -> None:
    one = secret.cluster_secret("dev", secret_name="by-hand")
    assert registration.goes_by(one, name) is expected


@pytest.mark.parametrize("value", ["ä", "not base64!", "/w==", "YQ", None, 7, {"a": 1}])
def test_a_field_that_cannot_be_read_is_empty(value: object) -> None:
    assert secrets.text({"data": {"name": value}}, "name") == ""
    assert secrets.text({"data": value}, "name") == ""
