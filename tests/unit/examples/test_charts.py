"""The charts by themselves: with their own values, and as packages."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from tests.unit.examples import stage
from tests.unit.examples.stage import FolderCharts, Stage

from dokaseca.bridge import examples
from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.renderer import HelmRequest

CHARTS = sorted(FolderCharts().charts)
SERVED = {
    "metrics-server": ["1.0.0", "1.1.0"],
    "ingress-nginx": ["1.2.0"],
    "metallb": ["1.0.1"],
    "cert-manager": ["1.3.0"],
    "kyverno": ["1.4.0"],
    "kube-prometheus-stack": ["2.1.0"],
    "external-secrets": ["1.1.0"],
    "argo-rollouts": ["1.0.2"],
}
HOOKS = "helm.sh/hook"


async def with_own_values(platform: Stage, name: str, version: str, **values: object) -> list[Manifest]:
    archive = await platform.tools.charts.archive(await platform.tools.charts.resolve(stage.CHARTS, name, version))
    request = HelmRequest(name, f"{name}-system", values=values, archive=archive, kube_version=stage.KUBE_VERSION)
    return [one.value for one in yaml_in.load_all(await platform.tools.helm.render(request), subject=name)]


def test_these_charts_are_served_in_these_versions() -> None:
    served: dict[str, list[str]] = {}
    for name, version in CHARTS:
        served.setdefault(name, []).append(version)
    assert served == SERVED


def test_a_chart_lies_in_a_folder_of_its_name_and_version() -> None:
    folders = {path.partition("/")[0] for path in examples.files("charts")}
    assert folders == {f"{name}-{version}" for name, version in CHARTS}


@pytest.mark.parametrize(("name", "version"), CHARTS)
async def test_a_chart_renders_with_its_own_values(name: str, version: str) -> None:
    async with stage.opened() as platform:
        objects = await with_own_values(platform, name, version)
    assert 6 <= len(objects) <= 20, Counter(one["kind"] for one in objects)
    repeated = [key for key, count in Counter(stage.identity(one) for one in objects).items() if count > 1]
    assert repeated == []
    assert any(one["kind"] in ("Deployment", "StatefulSet") for one in objects)


async def test_a_chart_made_larger_renders_what_comes_with_size() -> None:
    async with stage.opened() as platform:
        small = await with_own_values(platform, "external-secrets", "1.1.0")
        large = await with_own_values(platform, "external-secrets", "1.1.0", controller={"replicas": 2})
    kinds = {stage.identity(one) for one in large} - {stage.identity(one) for one in small}
    assert kinds == {"Role external-secrets-leader", "RoleBinding external-secrets-leader"}


@pytest.mark.parametrize(
    ("name", "version", "values", "field"),
    [
        ("metrics-server", "1.1.0", {"replicas": 0}, "replicas"),
        ("ingress-nginx", "1.2.0", {"service": {"type": "Cloud"}}, "service/type"),
        ("metallb", "1.0.1", {"addressPools": [{"name": "x"}]}, "addressPools/0"),
        ("cert-manager", "1.3.0", {"logLevel": 9}, "logLevel"),
        ("kyverno", "1.4.0", {"policies": {"failureAction": "Shout"}}, "policies/failureAction"),
        ("kube-prometheus-stack", "2.1.0", {"prometheus": {"retention": "long"}}, "prometheus/retention"),
    ],
)
async def test_a_chart_refuses_values_that_make_no_sense(
    name: str, version: str, values: dict[str, object], field: str
) -> None:
    async with stage.opened() as platform:
        with pytest.raises(UserError, match=re.escape(field)):
            await with_own_values(platform, name, version, **values)


async def test_the_certificate_of_the_ingress_webhook_is_made_before_all_else() -> None:
    async with stage.opened() as platform:
        objects = await with_own_values(platform, "ingress-nginx", "1.2.0")
    hooks = {one["kind"]: manifests.annotations(one)[HOOKS] for one in objects if HOOKS in manifests.annotations(one)}
    assert hooks == dict.fromkeys(("ServiceAccount", "Role", "RoleBinding", "Job"), "pre-install,pre-upgrade")
