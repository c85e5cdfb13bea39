"""What the Terraform bridge makes of a tfvars file."""

from __future__ import annotations

import pytest

from dokaseca.bridge import render, tfvars
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model.errors import UserError

FULL = """environment        = "dev"
cluster_type       = "spoke"
region             = "europe"
kubernetes_distro  = "k3d"
cloud_provider     = "aws"
kubernetes_version = "1.33.1"
gitops_org         = "https://git.example/team"
teams = {
  team-a = "true"
  team-c = false
}
gitops_addons_repo     = "addons"
gitops_addons_basepath = "argocd"
gitops_addons_path     = "appsets"
gitops_addons_revision = "main"
gitops_addons_extras_repo     = "charts"
gitops_addons_extras_revision = "v1"
gitops_workloads_repo = "workloads"
addons = {
  enable_velero  = true
  enable_kyverno = false
  enable_odd     = lookup(x)
}
"""


def registration(text: str, file: str = "distributed/dev.tfvars") -> tfvars.Registration:
    return tfvars.registration(tfvars.read(text.encode(), subject=file))


def test_labels_annotations_and_their_lines():
    found = registration(FULL)
    assert (found.name, found.environment) == ("spoke-dev", "dev")
    assert found.labels == {
        "enable_velero": "true",
        "enable_kyverno": "false",
        "team-a": "true",
        "team-c": "false",
        "cloud": "aws",
        "region": "europe",
        "env": "dev",
        "type": "spoke",
        "version": "1.33.1",
        "distro": "k3d",
    }
    assert found.annotations == {
        "addons_repo_url": "https://git.example/team/addons",
        "addons_repo_basepath": "argocd",
        "addons_repo_path": "appsets",
        "addons_repo_revision": "main",
        "addons_extras_repo_url": "https://git.example/team/charts",
        "addons_extras_repo_revision": "v1",
        "workloads_repo_url": "https://git.example/team/workloads",
    }
    lines = {name: found.places[name].line for name in ("enable_kyverno", "team-c", "type", "addons_repo_path")}
    assert lines == {"enable_kyverno": 21, "team-c": 10, "type": 2, "addons_repo_path": 14}
    assert [str(note) for note in found.notes] == [
        "distributed/dev.tfvars:22: the value of addons.enable_odd is no constant and counts as not set: lookup(x)"
    ]


def test_a_spoke_of_a_hub_has_the_type_workload_and_a_hub_its_own_name():
    assert registration(FULL, "hub-spoke/spokes/workspaces/dev.tfvars").labels["type"] == "workload"
    hub = registration('cluster_type = "hub"\n', "hub-spoke/spokes/x.tfvars")
    assert (hub.name, hub.labels["type"]) == ("hub", "hub")


def test_what_is_not_set_is_assumed_and_told():
    found = registration("")
    assert found.name == "spoke-dev"
    assert found.labels == {
        "cloud": "local",
        "region": "north-america",
        "env": "dev",
        "type": "spoke",
        "distro": "kind",
    }
    assert found.places == {}
    assert len(found.notes) == len(tfvars.DEFAULTS)
    assert "distributed/dev.tfvars:1: region is not set: Terraform's default 'north-america' is assumed" in map(
        str, found.notes
    )


def test_an_expression_counts_as_not_set():
    found = registration('environment = "${terraform.workspace}"\n')
    assert found.environment == "dev"
    assert str(found.notes[0]) == (
        "distributed/dev.tfvars:1: the value of environment is no constant and counts as not set: "
        '"${terraform.workspace}"'
    )


def test_a_label_that_kubernetes_refuses_is_told_where_it_stands():
    with pytest.raises(UserError, match=r"^x\.tfvars:2: 'a b' cannot be the value of label 'version'"):
        registration('environment = "dev"\nkubernetes_version = "a b"\n', "x.tfvars")


def test_blocks_have_no_place_in_tfvars():
    with pytest.raises(UserError, match=r"^x\.tfvars:1: block 'locals' has no place in a tfvars file"):
        registration("locals {\n}\n", "x.tfvars")


def test_json_is_read_too():
    found = registration('{\n "environment": "prod",\n "addons": {"enable_x": true}\n}', "a/prod.tfvars.json")
    assert (found.name, found.labels["enable_x"], found.places["enable_x"].line) == ("spoke-prod", "true", 3)
    for text, why in (("[1]", "must hold a mapping"), ("{", r"x\.tfvars\.json:2:")):
        with pytest.raises(UserError, match=why):
            registration(text, "x.tfvars.json")


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (1, "1"), (1.5, "1.5"), (2.0, "2"), ("x", "x")])
def test_constants_become_texts_as_terraform_has_it(value, text):
    assert tfvars.text_of(value) == text


def test_the_secret_is_that_of_the_bridge_module():
    manifest, found = render.of_variables(tfvars.read(FULL.encode(), subject="a/dev.tfvars"))
    base = {
        "cluster_name": "spoke-dev",
        "environment": "dev",
        "enable_argocd": "true",
        "argocd.argoproj.io/secret-type": "cluster",
    }
    assert manifests.labels(manifest) == {**base, **found.labels}
    assert manifests.annotations(manifest) == {"cluster_name": "spoke-dev", "environment": "dev", **found.annotations}
    assert secrets.text(manifest, "server") == "https://spoke-dev.clusters.invalid:6443"
    hub, _ = render.of_variables(tfvars.read(b'cluster_type = "hub"', subject="hub.tfvars"))
    assert secrets.text(hub, "server") == "https://kubernetes.default.svc"
