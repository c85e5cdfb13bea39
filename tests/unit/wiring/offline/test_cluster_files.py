"""Clusters out of every kind of file that describes some."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from dokaseca.bridge import secret
from dokaseca.kit import yaml_out
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.wiring.offline import cluster_files

PLATFORM = """apiVersion: dokaseca.dev/v1alpha1
kind: Platform
metadata: {name: test}
spec:
  hub: {name: hub}
  clusters:
    - name: dev
      environment: dev
      addons:
        metrics-server: true
      teams: {team-a: true}
  repositories:
    addons: {url: "https://git.example/addons.git"}
"""
TFVARS = 'environment = "stg"\nregion = "europe"\naddons = {\n  enable_velero = true\n}\n'
CLUSTER = """apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: edge, namespace: clusters, labels: {environment: prod, region: apac}}
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_secrets_in_documents_and_lists(tmp_path):
    one, two = secret.cluster_secret("one"), secret.cluster_secret("two")
    other = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "password"}, "data": {"name": "eA=="}}
    listed = {"apiVersion": "v1", "kind": "List", "items": [two, other]}
    documents = write(tmp_path, "a.yaml", yaml_out.dump_all([one, {"kind": "ConfigMap"}]))
    json = write(tmp_path, "b.json", orjson.dumps(listed).decode())
    found = cluster_files.read([documents, json])
    assert [each.name for each in found.registered] == ["one", "two"]
    assert [each.file for each in found.registered] == [str(documents), str(json)]
    assert [each.name for each in found.secrets("argocd")] == ["one", "two"]
    assert found.secrets("elsewhere") == []


def test_a_platform_file_is_its_hub_and_its_clusters_with_lines(tmp_path):
    file = write(tmp_path, "platform.yaml", PLATFORM)
    hub, dev = cluster_files.read([file]).registered
    assert (hub.secret.server, dev.secret.server) == (
        "https://kubernetes.default.svc",
        "https://dev.clusters.invalid:6443",
    )
    assert dev.secret.labels["enable_metrics_server"] == "true"
    assert dev.secret.annotations["addons_repo_url"] == "https://git.example/addons.git"
    assert dev.secret.annotations["workloads_repo_url"] == "https://repositories.invalid/workloads.git"
    lines = {name: dev.places[name].line for name in ("enable_metrics_server", "team-a", "environment", "env")}
    assert lines == {"enable_metrics_server": 10, "team-a": 11, "environment": 8, "env": 8}
    assert "region" not in dev.places


def test_a_platform_folder_that_has_been_up_names_its_repositories(tmp_path):
    file = write(tmp_path, "platform.yaml", PLATFORM)
    bare = tmp_path / "repos" / "workloads.git"
    bare.mkdir(parents=True)
    hub, _ = cluster_files.read([file]).registered
    assert hub.secret.annotations["workloads_repo_url"] == bare.as_uri()


def test_tfvars_are_the_secret_that_terraform_writes(tmp_path):
    file = write(tmp_path, "stg.tfvars", TFVARS)
    found = cluster_files.read([file])
    (stg,) = found.registered
    assert (stg.name, stg.secret.labels["type"], stg.secret.labels["enable_velero"]) == ("spoke-stg", "spoke", "true")
    assert "cluster_type" not in stg.secret.labels
    assert stg.places["enable_velero"].line == 4
    assert stg.vocabulary["region"] == ("north-america", "europe", "asia-pacific")
    assert f"{file}:1: cluster_type is not set: Terraform's default 'spoke' is assumed" in map(str, found.notes)


def test_files_of_a_clusters_repository_inherit_what_the_hub_before_them_says(tmp_path):
    platform = write(tmp_path, "platform.yaml", PLATFORM)
    (tmp_path / "clusters").mkdir()
    write(tmp_path / "clusters", "edge.yaml", CLUSTER)
    write(tmp_path / "clusters", "notes.txt", "not YAML: [")
    *_, edge = cluster_files.read([platform, tmp_path / "clusters"]).registered
    assert (edge.name, edge.secret.labels["region"]) == ("edge", "apac")
    assert edge.secret.annotations["addons_repo_url"] == "https://git.example/addons.git"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.yaml", "kind: ConfigMap\n", r"a\.yaml describes no cluster; a cluster is a Secret labelled"),
        ("a.yaml", "a: [\n", r"a\.yaml:2:1: "),
        ("a.tfvars", "a = \n", r"a\.tfvars:1:5: expected a value"),
        ("a.yaml", PLATFORM.replace("hub: {", "hubb: {"), r"a\.yaml:5:3: unknown field"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, name, text, why):
    with pytest.raises(UserError, match=why):
        cluster_files.read([write(tmp_path, name, text)])


def test_a_cluster_without_a_name_and_one_that_is_not_base64_are_refused(tmp_path):
    nameless = secret.cluster_secret("x") | {"data": {}}
    with pytest.raises(UserError, match=r"Secret x has no data\.name"):
        cluster_files.read([write(tmp_path, "a.yaml", yaml_out.dump(nameless))])
    broken = secret.cluster_secret("x") | {"data": {"name": "hunter2!"}}
    with pytest.raises(UserError, match=r"data\.name is not base64") as caught:
        cluster_files.read([write(tmp_path, "b.yaml", yaml_out.dump(broken))])
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_not_there_or_too_large(tmp_path):
    with pytest.raises(UserError, match=r"gone\.yaml cannot be read: No such file"):
        cluster_files.read([tmp_path / "gone.yaml"])
    with pytest.raises(UserError, match="larger than 0 MiB"):
        cluster_files.read_file(write(tmp_path, "a.yaml", "x" * 11), limit_bytes=10)


def test_a_secret_in_another_namespace_is_seen_there_alone(tmp_path):
    file = write(tmp_path, "a.yaml", yaml_out.dump(secret.cluster_secret("one", secret_namespace="team")))
    found = cluster_files.read([file])
    assert manifests.namespace(found.registered[0].manifest) == "team"
    assert (len(found.secrets("team")), len(found.secrets("argocd"))) == (1, 0)
