"""The platform file of a new platform, and the clusters repository made of it."""

from __future__ import annotations

import pytest

from dokaseca.bridge import clusters_repo, examples, secret
from dokaseca.bridge import platform as platforms
from dokaseca.bridge.platform import ClusterSpec, Platform


@pytest.fixture
def platform() -> Platform:
    return platforms.load(examples.default_platform(), subject="examples/platform.yaml")


def cluster(platform: Platform, name: str) -> ClusterSpec:
    return next(one for one in platform.clusters if one.name == name)


def test_a_hub_and_one_cluster_for_each_environment(platform: Platform) -> None:
    assert (platform.hub.name, platform.hub.environment) == ("hub", "control-plane")
    assert [(one.name, one.environment) for one in platform.clusters] == [
        ("dev", "dev"),
        ("stg", "stg"),
        ("prod", "prod"),
    ]
    assert not platform.hub.teams


def test_prod_says_nothing_of_the_addon_that_the_demo_switches_on(platform: Platform) -> None:
    flags = {one.name: secret.labels_of(one, kind="workload").get("enable_ingress_nginx") for one in platform.clusters}
    assert flags == {"dev": "true", "stg": "true", "prod": None}


def test_team_c_stops_before_prod_and_the_others_run_everywhere(platform: Platform) -> None:
    teams = {one.name: dict(one.teams) for one in platform.clusters}
    assert teams == {
        "dev": {"team-a": True, "team-b": True, "team-c": True},
        "stg": {"team-a": True, "team-b": True, "team-c": True},
        "prod": {"team-a": True, "team-b": True, "team-c": False},
    }


def test_the_clusters_repository_is_what_the_platform_file_makes(platform: Platform) -> None:
    assert examples.files("clusters") == clusters_repo.files(platform)
