"""`dokaseca cluster list`, `label` and `annotate`: kubectl's rules, and what belongs to Git."""

from __future__ import annotations

import pytest
from tests.unit.cli.platform import CLUSTER, application

from dokaseca.model import manifest as manifests


@pytest.fixture(scope="module", autouse=True)
def content(platform):
    platform.put(
        {
            "apiVersion": "cluster.x-k8s.io/v1beta1",
            "kind": "Cluster",
            "metadata": {
                "name": "dev",
                "namespace": "clusters",
                "labels": {"environment": "dev", "enable_metrics_server": "true"},
                "annotations": {"contact": "ops"},
            },
            "spec": {},
        },
        application("one"),
        application("two"),
        application("three", cluster="hub"),
    )
    assert platform.run(lambda: platform.hub.get(CLUSTER, "clusters", "dev"))


def labels(platform, name="dev"):
    return manifests.labels(platform.cluster_secret(name))


def test_the_list_tells_what_a_cluster_is_and_how_much_goes_there(platform):
    rows = [line.split() for line in platform.call("cluster", "list").stdout.splitlines()]
    assert rows[0] == ["NAME", "SERVER", "ENVIRONMENT", "VERSION", "REGISTERED", "APPLICATIONS"]
    assert rows[1][:4] == ["hub", "https://kubernetes.default.svc", "control-plane", "v1.36.0"]
    assert rows[1][-1] == "1"
    assert rows[2][0] == "dev"
    assert rows[2][-1] == "2"


def test_machines_get_labels_and_annotations_and_no_credentials(platform):
    found = platform.json("cluster", "list")
    assert [one["name"] for one in found] == ["hub", "dev"]
    assert found[1]["labels"]["team-a"] == "true"
    assert found[1]["applications"] == 2
    assert set(found[1]) == {
        "name", "server", "environment", "version", "registered", "applications", "labels", "annotations",
    }  # fmt: skip
    assert "team-a=true" in platform.call("cluster", "list", "-o", "wide").stdout
    assert platform.call("cluster", "list", "-o", "name").stdout.split() == ["hub", "dev"]


def test_labels_are_set_changed_and_removed_as_kubectl_does(platform):
    assert platform.call("cluster", "label", "dev", "tier=test").stdout == "cluster dev changed: tier=test\n"
    assert platform.call("cluster", "label", "dev", "tier=test").stdout == "cluster dev unchanged\n"
    said = platform.refused("cluster", "label", "dev", "tier=prod")
    assert said == "error: 'tier' is 'test' already; add --overwrite to change it\n"
    assert labels(platform)["tier"] == "test"
    platform.call("cluster", "label", "dev", "tier=prod", "example.com/empty=", "--overwrite")
    assert (labels(platform)["tier"], labels(platform)["example.com/empty"]) == ("prod", "")
    assert "tier removed" in platform.call("cluster", "label", "dev", "tier-", "example.com/empty-").stdout
    assert "tier" not in labels(platform)
    assert platform.call("cluster", "label", "dev", "tier-").stdout == "cluster dev unchanged\n"


def test_annotations_may_hold_anything(platform):
    platform.call("cluster", "annotate", "dev", "runbook=https://example.com/a?b=c d")
    assert manifests.annotations(platform.cluster_secret("dev"))["runbook"] == "https://example.com/a?b=c d"
    platform.call("cluster", "annotate", "dev", "runbook-")
    assert "runbook" not in manifests.annotations(platform.cluster_secret("dev"))


def test_nothing_but_what_was_asked_for_changes(platform):
    before = platform.cluster_secret("dev")
    platform.call("cluster", "label", "dev", "x=y")
    after = platform.cluster_secret("dev")
    assert after["data"] == before["data"]
    assert manifests.labels(after) == {**manifests.labels(before), "x": "y"}
    platform.call("cluster", "label", "dev", "x-")


@pytest.mark.parametrize(
    ("command", "change", "word"),
    [
        ("label", "enable_metrics_server=false", "label enable_metrics_server"),
        ("label", "environment-", "label environment"),
        ("annotate", "contact=me", "annotation contact"),
    ],
)
def test_what_comes_from_git_is_changed_in_git(platform, command, change, word):
    said = platform.refused("cluster", command, "dev", change, "--overwrite")
    file = platform.layout.work_tree("clusters") / "argocd" / "clusters" / "dev.yaml"
    assert f"error: {word} of cluster dev comes from Git and would be set back; edit {file}, commit" in said


def test_the_hub_has_no_file_in_git_and_can_be_labelled(platform):
    platform.call("cluster", "label", "hub", "environment=main", "--overwrite")
    assert labels(platform, "hub")["environment"] == "main"
    platform.call("cluster", "label", "hub", "environment=control-plane", "--overwrite")


def test_a_cluster_is_not_unregistered_by_a_label(platform):
    said = platform.refused("cluster", "label", "dev", "argocd.argoproj.io/secret-type-")
    assert "label argocd.argoproj.io/secret-type registers the cluster" in said


@pytest.mark.parametrize(
    ("command", "change", "message"),
    [
        ("label", "team", "'team' is neither KEY=VALUE nor KEY-"),
        ("label", "a b=c", "'a b' is not a valid label key"),
        ("label", "UPPER.example/x=y", "is not a valid label key"),
        ("label", f"{'a' * 64}=x", "is not a valid label key"),
        ("label", "/x=y", "is not a valid label key"),
        ("label", "-", "'' is not a valid label key"),
        ("label", "url=https://x", "'https://x' is not a valid label value"),
        ("label", f"a={'x' * 64}", "is not a valid label value"),
        ("annotate", "a b=c", "'a b' is not a valid annotation key"),
    ],
)
def test_a_change_that_kubernetes_would_refuse_is_refused_before(platform, command, change, message):
    assert message in platform.refused("cluster", command, "dev", "--", change)


def test_one_key_is_changed_once(platform):
    assert "label 'a' is there twice" in platform.refused("cluster", "label", "dev", "a=b", "a-")


def test_an_unknown_cluster_is_answered_with_near_ones(platform):
    said = platform.refused("cluster", "label", "dve", "a=b")
    assert said == "error: there is no cluster 'dve'; did you mean dev?\n"


def test_no_change_is_wrong_usage(platform):
    said = platform.refused("cluster", "label", "dev")
    assert "Missing argument" in said
    assert "hint: see `dokaseca cluster label --help`" in said
