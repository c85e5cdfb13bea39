"""Tracking by annotation."""

from __future__ import annotations

import pytest
from tests.unit.flow.sync.build import one

from dokaseca.flow.sync import inventory


def test_a_stamped_object_is_owned() -> None:
    stamped = inventory.stamp(one("Deployment", "web"), "team_app", "n")
    assert stamped["metadata"]["annotations"][inventory.TRACKING] == "team_app:apps/Deployment:n/web"
    assert inventory.owner_or_none(stamped) == "team_app"


def test_a_cluster_scoped_object_carries_the_destination_namespace() -> None:
    stamped = inventory.stamp(one("ClusterRole", "system:x"), "app", "n")
    assert stamped["metadata"]["annotations"][inventory.TRACKING] == (
        "app:rbac.authorization.k8s.io/ClusterRole:n/system:x"
    )
    assert inventory.owner_or_none(stamped) == "app"


def test_the_core_group_is_empty() -> None:
    assert inventory.tracking_id(one("Service", "s"), "app", "x") == "app:/Service:n/s"


def test_crds_are_never_owned() -> None:
    crd = one("CustomResourceDefinition", "widgets")
    assert inventory.stamp(crd, "app", "n") is crd


@pytest.mark.parametrize(
    "mark",
    [
        "",
        "app",
        "app:",
        "app:/ConfigMap:n/other",
        "app:/Secret:n/a",
        "app:/ConfigMap:elsewhere/a",
        "app:v1/ConfigMap:n/a",
    ],
)
def test_a_mark_that_speaks_of_another_object_does_not_count(mark: str) -> None:
    assert inventory.owner_or_none(one("ConfigMap", "a", {inventory.TRACKING: mark})) is None


def test_stamping_changes_only_the_annotation() -> None:
    given = one("ConfigMap", "a", {"x": "y"}, data={"k": "v"})
    stamped = inventory.stamp(given, "app", "n")
    assert stamped["data"] == {"k": "v"} and stamped["metadata"]["annotations"]["x"] == "y"
    assert given["metadata"]["annotations"] == {"x": "y"}
