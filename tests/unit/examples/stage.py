"""The example platform without a hub: its Secrets, repositories and charts as `up` would lay them out, real tools."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.generate_tree import FilesGit

from dokaseca.adapters import chart_folder
from dokaseca.adapters.helm import HelmWorkers
from dokaseca.adapters.jsonnet import JsonnetLibrary
from dokaseca.adapters.kustomize import KustomizeProgram
from dokaseca.bridge import bootstrap, clusters_repo, examples, registration
from dokaseca.bridge import manifests as bridge
from dokaseca.bridge import platform as platforms
from dokaseca.bridge.platform import Platform
from dokaseca.flow.render import run
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.generate import cluster_secret, expand
from dokaseca.generate.generators.context import Inputs
from dokaseca.kit import yaml_in
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Source
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest
from dokaseca.model.revision import ChartVersion
from dokaseca.ports.cluster_provider import ClusterEndpoint

CHARTS = "http://127.0.0.1:8080/charts"
KUBE_VERSION = "v1.36.0"


class FolderCharts:
    """`ports.charts.Charts` over `examples/charts`, packed as the platform packs them."""

    def __init__(self) -> None:
        files = examples.files("charts")
        self.charts: dict[tuple[str, str], dict[str, bytes]] = {}
        for folder in chart_folder.charts(files):
            chart = {
                path.removeprefix(folder + "/"): text for path, text in files.items() if path.startswith(folder + "/")
            }
            about = yaml_in.load(chart["Chart.yaml"], subject=folder)
            self.charts[about["name"], about["version"]] = chart

    async def resolve(self, repository: str, chart: str, version: str, project: str = "") -> ChartVersion:
        if repository != CHARTS or (chart, version) not in self.charts:
            raise UserError(f"{repository} does not serve {chart} {version}", reason="ChartNotFound")
        return ChartVersion(repository, chart, version, f"{repository}/{chart}-{version}.tgz")

    async def archive(self, version: ChartVersion) -> bytes:
        return chart_folder.pack(version.chart, self.charts[version.chart, version.version])


class Forgetful:
    """`ports.object_store.ObjectStore` that keeps nothing: every rendering is a real one."""

    def get_or_none(self, key: str) -> bytes | None:
        return None

    def put(self, key: str, value: bytes) -> None:
        pass


@dataclass(frozen=True)
class Stage:
    """Everything between the platform file and the clusters."""

    platform: Platform
    secrets: tuple[Manifest, ...]
    git: FilesGit
    tools: Tools

    async def expand(self, sets: Iterable[Manifest]) -> list[Manifest]:
        """What ApplicationSets generate for the platform's clusters."""
        inputs = Inputs([cluster_secret.from_secret(one) for one in self.secrets], self.git.tree, FakeClock())
        return [one for each in sets for one in (await expand.expand(each, inputs)).applications]

    async def hub_objects(self) -> dict[str, list[Manifest]]:
        """What the bootstrap Applications bring to the hub, by their names."""
        found = await self.expand(bootstrap.application_sets(self.platform.hub.name))
        return {manifests.name(one): await self.render(one) for one in found}

    async def render(self, manifest: Manifest) -> list[Manifest]:
        """All objects of an Application."""
        application = applications.view(manifest)
        sources = tuple([await self._resolve(one) for one in application.sources])
        request = RenderRequest(
            app_name=application.key.name,
            app_namespace=application.key.namespace,
            project=application.project,
            destination_namespace=application.destination.namespace,
            sources=sources,
            kube_version=KUBE_VERSION,
            api_versions=(),
        )
        return list((await run.render(request, self.tools)).objects)

    async def _resolve(self, source: Source) -> ResolvedSource:
        if source.chart:
            chart = await self.tools.charts.resolve(source.repo_url, source.chart, source.target_revision)
            return ResolvedSource(source.spec, chart.version, None, chart)
        tree = await self.git.tree(source.repo_url, source.target_revision)
        return ResolvedSource(source.spec, tree.commit.sha, tree, None)


@asynccontextmanager
async def opened(labels: Mapping[str, Mapping[str, str]] | None = None) -> AsyncIterator[Stage]:
    """The example platform.

    Args:
        labels: further labels of cluster Secrets, by cluster, as `kubectl label` would set them.
    """
    loaded = platforms.load(examples.default_platform(), subject="examples/platform.yaml")
    urls = {name: f"file:///platform/repos/{name}.git" for name in loaded.repositories}
    platform = replace(
        loaded, repositories={name: replace(one, url=urls[name]) for name, one in loaded.repositories.items()}
    )
    repositories = {
        urls["addons"]: examples.files("addons"),
        urls["workloads"]: examples.files("workloads"),
        urls["clusters"]: clusters_repo.files(platform),
    }
    git = FilesGit({url: {path: text.decode() for path, text in each.items()} for url, each in repositories.items()})
    helm = HelmWorkers()
    tools = Tools(helm, KustomizeProgram(), JsonnetLibrary(), FolderCharts(), Forgetful())
    try:
        yield Stage(platform, tuple(_secrets(platform, labels or {})), git, tools)
    finally:
        await helm.close()


def _secrets(platform: Platform, labels: Mapping[str, Mapping[str, str]]) -> list[Manifest]:
    """The hub's own Secret, and those that the Cluster controller writes."""
    hub = next(one for one in bridge.hub(platform, CHARTS) if one["kind"] == "Secret")
    found = [hub]
    for spec in platform.clusters:
        cluster = next(one for one in clusters_repo.manifests(spec) if one["kind"] == "Cluster")
        endpoint = ClusterEndpoint(f"https://{spec.name}.test", "CA", "CERT", "KEY", spec.kubernetes_version)
        found.append(registration.cluster_secret(cluster, endpoint, hub))
    for one in found:
        one["metadata"]["labels"].update(labels.get(manifests.name(one), {}))
    return found


def identity(manifest: Manifest) -> str:
    """How failures call an object."""
    return f"{manifest['kind']} {manifests.namespace(manifest)}/{manifests.name(manifest)}".replace(" /", " ")


def pod_specs(objects: Sequence[Manifest]) -> list[tuple[str, dict[str, Any]]]:
    """Every Pod that the objects make, with the name of its maker."""
    found = []
    for one in objects:
        spec = one.get("spec") or {}
        template = manifests.get(spec, "jobTemplate", "spec", "template") or spec.get("template")
        if isinstance(template, dict) and "containers" in (template.get("spec") or {}):
            found.append((identity(one), template["spec"]))
    return found


def find(objects: Sequence[Manifest], kind: str, name: str) -> Manifest:
    """The one object of a kind and name; the test fails when it is not there."""
    return next(one for one in objects if (one["kind"], manifests.name(one)) == (kind, name))
