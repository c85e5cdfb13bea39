"""tfvars made into a platform file: nothing is lost, and what has no place is told."""

from __future__ import annotations

from typing import Any

import pytest

from dokaseca.bridge import importing, render, tfvars
from dokaseca.bridge import platform as platforms
from dokaseca.bridge.importing import Imported
from dokaseca.kit import yaml_out
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

DEV = """environment = "dev"
region = "europe"
kubernetes_distro = "k3d"
cloud_provider = "aws"
kubernetes_version = "1.33.1"
gitops_org = "https://git.example/team"
gitops_addons_repo = "addons"
gitops_addons_path = "appsets"
gitops_addons_revision = "main"
gitops_addons_extras_repo = "charts"
teams = { team-a = "true", team-b = false, team-c = "often" }
addons = {
  enable_cert_manager = true
  enable_kube-vip     = false
  enable_level        = "high"
  tier                = true
}
"""


def imported(**files: str) -> Imported:
    named = {name.replace("_", "/") + ".tfvars": text for name, text in files.items()}
    return importing.platform([tfvars.read(text.encode(), subject=name) for name, text in named.items()], name="test")


def cluster(found: Imported, number: int = 0) -> dict[str, Any]:
    return found.document["spec"]["clusters"][number]  # type: ignore[no-any-return]


def secrets(found: Imported) -> dict[str, Manifest]:
    """Name to Secret, after a way through the file."""
    platform = platforms.load(yaml_out.dump(found.document).encode(), subject="p.yaml")
    return {manifests.name(one): one for one in render.of_platform(platform) if one["kind"] == "Secret"}


def test_a_cluster_with_all_that_a_platform_file_has_a_place_for():
    found = imported(dev=DEV)
    assert cluster(found) == {
        "name": "spoke-dev",
        "environment": "dev",
        "region": "europe",
        "cloud": "aws",
        "distro": "k3d",
        "labels": {
            "enable_level": "high",
            "tier": "true",
            "team-c": "often",
            "type": "spoke",
            "version": "1.33.1",
        },
        "annotations": {"addons_extras_repo_url": "https://git.example/team/charts"},
        "teams": {"team-a": True, "team-b": False},
        "addons": {"cert-manager": True, "enable_kube-vip": False},
    }
    assert found.document["spec"]["repositories"] == {
        "addons": {"url": "https://git.example/team/addons", "path": "appsets", "revision": "main"}
    }


@pytest.mark.parametrize("file", ["distributed_dev", "hub-spoke_spokes_dev"])
def test_the_secret_holds_every_label_and_annotation_that_terraform_gives(file: str):
    found = secrets(imported(**{file: DEV}))["spoke-dev"]
    terraform, _ = render.of_variables(tfvars.read(DEV.encode(), subject=file.replace("_", "/") + ".tfvars"))
    labels, annotations = manifests.labels(found), manifests.annotations(found)
    assert manifests.labels(terraform).items() <= labels.items()
    assert labels.keys() - manifests.labels(terraform).keys() == {"cloud_provider", "cluster_type"}
    assert manifests.annotations(terraform).items() <= annotations.items()
    more = annotations.keys() - manifests.annotations(terraform).keys()
    assert all(name.startswith(("addons_repo_", "workloads_repo_", "clusters_repo_", "charts_repo_")) for name in more)


def test_a_repository_that_differs_for_one_cluster_is_its_annotation():
    prod = DEV.replace('"dev"', '"prod"').replace('revision = "main"', 'revision = "v1"')
    found = imported(dev=DEV, prod=prod)
    assert "addons_repo_revision" not in cluster(found)["annotations"]
    assert cluster(found, 1)["annotations"]["addons_repo_revision"] == "v1"
    kept = {name: manifests.annotations(one)["addons_repo_revision"] for name, one in secrets(found).items()}
    assert kept == {"hub": "main", "spoke-dev": "main", "spoke-prod": "v1"}


def test_a_hub_becomes_the_hub_and_spokes_of_one_have_the_platforms_type():
    found = imported(hub='cluster_type = "hub"\nenvironment = "prod"\n', x_spokes_dev=DEV)
    assert found.document["spec"]["hub"]["name"] == "hub"
    assert found.document["spec"]["hub"]["environment"] == "prod"
    assert "labels" not in found.document["spec"]["hub"]
    assert "type" not in cluster(found)["labels"]
    assert list(found.document["spec"]) == ["hub", "clusters"]
    assert {name: manifests.labels(one)["type"] for name, one in secrets(found).items()} == {
        "hub": "hub",
        "spoke-dev": "workload",
    }


def test_what_has_no_place_is_listed_with_its_line_and_what_becomes_of_it():
    text = 'environment = "dev"\nregion = "europe"\nkubernetes_distro = "kind"\ncloud_provider = "local"\n'
    text += 'cluster_type = "spoke"\nfluxcd_namespace = "x"\ngitops_clusters_repo = "c"\nodd = 1\nstrange = f(x)\n'
    assert [str(note) for note in imported(dev=text).notes] == [
        "dev.tfvars:9: the value of strange is no constant and counts as not set: f(x)",
        "dev.tfvars:6: fluxcd_namespace: Flux is not installed",
        "dev.tfvars:7: gitops_clusters_repo: the platform keeps its clusters in a repository of its own, made from "
        "spec.clusters; set spec.repositories.clusters to use another",
        "dev.tfvars:8: odd: nothing is known of this variable; it is left out",
    ]


def test_every_variable_is_in_the_file_or_in_a_note():
    found = imported(dev=DEV + 'odd = 1\ndomain_name = "x"\n')
    said = " ".join(str(note) for note in found.notes)
    written = yaml_out.dump(found.document)
    for text in (
        "europe",
        "k3d",
        "aws",
        "1.33.1",
        "git.example/team/addons",
        "appsets",
        "main",
        "charts",
        "team-b",
        "often",
    ):
        assert text in written
    for name in ("odd", "domain_name", "kubernetes_version"):
        assert f"{name}: " in said


def test_one_cluster_in_two_files_is_refused():
    with pytest.raises(
        UserError, match=r"^b/dev\.tfvars describes cluster spoke-dev, which a/dev\.tfvars describes already"
    ):
        imported(a_dev=DEV, b_dev=DEV)
