"""The render room with its real tools, over commits and charts that a test writes down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.charts import pack
from tests.fakes.git_files import Commits, Content, Link

from dokaseca.adapters.helm import HelmWorkers
from dokaseca.adapters.jsonnet import JsonnetLibrary
from dokaseca.adapters.kustomize import KustomizeProgram
from dokaseca.adapters.plugin_renderer import PluginProgram
from dokaseca.flow.render import run
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import digest
from dokaseca.model.errors import TransientError
from dokaseca.model.rendered import RenderedSet
from dokaseca.model.revision import ChartVersion

URL = "https://example.com/repo.git"
CHARTS = "https://charts.example.com"


class MemoryStore:
    """`ports.object_store.ObjectStore` in a dict; `puts` counts what was rendered."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.puts = 0

    def get_or_none(self, key: str) -> bytes | None:
        return self.entries.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.puts += 1
        self.entries[key] = value


class MemoryCharts:
    """`ports.charts.Charts` over archives by URL."""

    def __init__(self) -> None:
        self.archives: dict[str, bytes] = {}
        self.is_down = False

    def add(self, files: Mapping[str, str | bytes], version: str = "1.2.3") -> ChartVersion:
        archive = pack(files)
        url = f"{CHARTS}/{digest.of_bytes(archive)[:8]}.tgz"
        self.archives[url] = archive
        return ChartVersion(CHARTS, "demo", version, url, digest.of_bytes(archive))

    async def resolve(self, repository: str, chart: str, version: str, project: str = "") -> ChartVersion:
        raise NotImplementedError

    async def archive(self, version: ChartVersion) -> bytes:
        if self.is_down:
            raise TransientError("the chart repository does not answer", reason="RepositoryUnreachable")
        return self.archives[version.url]


class Bench:
    """Renders; every call has a cache of its own unless one is given."""

    def __init__(self, commits: Commits, helm: HelmWorkers) -> None:
        self.commits = commits
        self.charts = MemoryCharts()
        self.helm = helm
        self.kustomize = KustomizeProgram()
        self.jsonnet = JsonnetLibrary()
        self.plugins = PluginProgram(timeout_seconds=30)

    def tools(self, cache: MemoryStore | None = None) -> Tools:
        return Tools(self.helm, self.kustomize, self.jsonnet, self.charts, cache or MemoryStore(), self.plugins)

    def source(
        self, files: Mapping[str, Content], spec: Mapping[str, Any], *, message: str = "Files"
    ) -> ResolvedSource:
        tree = self.commits.tree(files, message=message)
        return ResolvedSource({"repoURL": URL, "path": "app", **spec}, tree.commit.sha, tree, None)

    def chart(self, files: Mapping[str, str | bytes], spec: Mapping[str, Any]) -> ResolvedSource:
        version = self.charts.add(files)
        return ResolvedSource({"repoURL": CHARTS, "chart": "demo", **spec}, version.version, None, version)

    async def render(self, *sources: ResolvedSource, cache: MemoryStore | None = None, **around: Any) -> RenderedSet:
        return await run.render(request(*sources, **around), self.tools(cache))


def request(*sources: ResolvedSource, **around: Any) -> RenderRequest:
    return RenderRequest(
        **{
            "app_name": "shop",
            "app_namespace": "argocd",
            "project": "team-a",
            "destination_namespace": "prod",
            "sources": sources,
            "kube_version": "v1.36.0",
            "api_versions": ("v1", "apps/v1", "apps/v1/Deployment"),
            **around,
        }
    )


def content(value: Any) -> Content:
    """A case's file: text, or `{link: target}`."""
    return Link(value["link"]) if isinstance(value, dict) else str(value)
