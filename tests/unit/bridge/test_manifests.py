"""What a new hub is given, and in which order."""

from __future__ import annotations

import copy

from dokaseca.bridge import manifests, platform

FILE = b"""
apiVersion: dokaseca.dev/v1alpha1
kind: Platform
metadata: {name: demo}
spec:
  hub:
    name: control
    addons: {metrics-server: true}
    annotations: {addons_repo_revision: v9, owner: me}
  repositories:
    addons: {url: https://git.test/mine.git}
"""


def test_the_hub_s_objects_come_in_the_order_in_which_they_need_each_other():
    objects = manifests.hub(platform.load(FILE, subject="f"), "http://charts")
    assert [(one["kind"], one["metadata"]["name"]) for one in objects] == [
        ("Namespace", "argocd"),
        ("AppProject", "default"),
        ("Secret", "control"),
        ("ApplicationSet", "addons"),
        ("ApplicationSet", "workloads"),
        ("ApplicationSet", "clusters"),
    ]


def test_a_repository_of_the_user_is_where_the_annotations_point():
    read = platform.load(FILE, subject="f")
    registration = manifests.hub(read, "http://charts")[2]["metadata"]
    assert registration["annotations"]["addons_repo_url"] == "https://git.test/mine.git"
    assert read.repositories["workloads"].url == ""  # the platform's own, filled in by who knows its folder


def test_annotations_of_the_platform_file_are_laid_over_the_rest():
    registration = manifests.hub(platform.load(FILE, subject="f"), "http://charts")[2]["metadata"]
    assert registration["annotations"]["addons_repo_revision"] == "v9"
    assert registration["annotations"]["owner"] == "me"
    assert registration["labels"]["type"] == "hub"
    assert registration["labels"]["enable_metrics_server"] == "true"
    assert registration["labels"]["environment"] == "control-plane"


def test_the_default_project_allows_everything():
    assert manifests.hub(platform.load(FILE, subject="f"), "")[1]["spec"] == {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    }


def test_definitions_are_read_anew_each_time():
    """Who changes one, as a server that fills in defaults does, changes it for nobody else."""
    first = manifests.crds()
    before = copy.deepcopy(first)
    first[0]["spec"].clear()
    assert manifests.crds() == before
