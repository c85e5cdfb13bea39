"""Values in layers: every file says something, and what it says arrives."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.examples import stage
from tests.unit.examples.conftest import FLAGGED, Rendered
from tests.unit.examples.stage import find

from dokaseca.bridge import examples
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

ADDON_VALUES = sorted(path for path in examples.files("addons") if path.startswith("configs/addons/"))
TEAM_VALUES = sorted(path for path in examples.files("workloads") if "/values" in path and "/charts/" not in path)


def arguments(deployment: Manifest) -> list[str]:
    found: list[str] = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    return found


def replicas(platform: Rendered, addon: str, name: str) -> dict[str, Any]:
    return {
        cluster: find(platform.objects[f"addon-{cluster}-{addon}"], "Deployment", name)["spec"]["replicas"]
        for cluster in ("hub", "dev", "stg", "prod")
    }


async def test_no_layer_is_without_effect(flagged: Rendered) -> None:
    """Taken away, each file changes what some Application of its addon renders."""
    silent = []
    async with stage.opened(FLAGGED) as platform:
        for repository, paths in (("addons", ADDON_VALUES), ("workloads", TEAM_VALUES)):
            files = platform.git.repositories[platform.platform.repositories[repository].url]
            for path in paths:
                kept = files.pop(path)
                name = path.split("/")[-2]
                if not await _changes(platform, flagged, name):
                    silent.append(path)
                files[path] = kept
    assert silent == []


async def _changes(platform: stage.Stage, before: Rendered, name: str) -> bool:
    for application in before.applications:
        if application.key.name.endswith(name):
            try:
                objects = await platform.render(application.manifest)
            except UserError:  # the chart cannot do without the file: that is an effect too
                return True
            if objects != before.objects[application.key.name]:
                return True
    return False


def test_each_layer_has_files() -> None:
    layers = {"/".join(path.split("/")[2:-2]) for path in ADDON_VALUES}
    assert layers == {
        *("environments/default", "environments/control-plane", "environments/dev", "environments/stg"),
        *("environments/prod", "regions/europe", "regions/north-america", "clusters/dev", "clusters/stg"),
        "clusters/prod",
    }


def test_the_environment_decides_on_size(rendered: Rendered) -> None:
    assert replicas(rendered, "metrics-server", "metrics-server") == {"hub": 1, "dev": 1, "stg": 2, "prod": 2}
    assert replicas(rendered, "cert-manager", "cert-manager-webhook") == {"hub": 1, "dev": 1, "stg": 1, "prod": 3}


def test_the_environment_decides_on_strictness(rendered: Rendered) -> None:
    actions = {
        cluster: {
            rule["validate"]["failureAction"]
            for one in rendered.objects[f"addon-{cluster}-kyverno"]
            if one["kind"] == "ClusterPolicy"
            for rule in one["spec"]["rules"]
        }
        for cluster in ("hub", "dev", "stg", "prod")
    }
    assert actions == {"hub": {"Audit"}, "dev": {"Audit"}, "stg": {"Audit"}, "prod": {"Enforce"}}


def test_the_cluster_has_the_last_word_over_its_region(rendered: Rendered) -> None:
    pools = {
        cluster: [
            address
            for one in rendered.objects[f"addon-{cluster}-metallb"]
            if one["kind"] == "IPAddressPool"
            for address in one["spec"]["addresses"]
        ]
        for cluster in ("dev", "stg", "prod")
    }
    assert pools == {
        "dev": ["198.51.100.0/26"],
        "stg": ["198.51.100.64/26"],
        "prod": ["203.0.113.0/27", "203.0.113.32/29"],
    }


def test_default_region_and_cluster_meet_in_one_mapping(rendered: Rendered) -> None:
    config = find(rendered.objects["addon-stg-kube-prometheus-stack"], "ConfigMap", "prometheus")
    lines = [line.strip() for line in config["data"]["prometheus.yml"].splitlines()]
    assert {"platform: dokaseca", "region: north-america", "cluster: stg"} <= set(lines)


@pytest.mark.parametrize(("cluster", "resolution"), [("hub", "2m"), ("dev", "15s"), ("stg", "60s"), ("prod", "60s")])
def test_chart_version_and_layer_decide_together(rendered: Rendered, cluster: str, resolution: str) -> None:
    deployment = find(rendered.objects[f"addon-{cluster}-metrics-server"], "Deployment", "metrics-server")
    assert f"--metric-resolution={resolution}" in arguments(deployment)
    assert "--kubelet-insecure-tls" in arguments(deployment)


def test_an_autoscaled_deployment_says_no_number(flagged: Rendered) -> None:
    """Else the sync and the autoscaler would take turns."""
    for name, objects in flagged.objects.items():
        for one in objects:
            if one["kind"] == "HorizontalPodAutoscaler":
                target = find(objects, "Deployment", one["spec"]["scaleTargetRef"]["name"])
                assert "replicas" not in target["spec"], name
