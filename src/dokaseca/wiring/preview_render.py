"""Applications of one point turned into manifests, as the engine would, without a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dokaseca.dock import discovery, resources
from dokaseca.engine import targets
from dokaseca.flow.render import run
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.flow.sync import inventory
from dokaseca.model import manifest as manifests
from dokaseca.model.application import IN_CLUSTER_SERVER, Application
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Resource
from dokaseca.wiring.preview_files import GROUP
from dokaseca.wiring.preview_points import Point

VERSION_LABEL = "kubernetes_version"  # the GitOps Bridge's own, label or annotation
_HUB_NAMES = ("in-cluster", "local")
_READ_BYTES = 4 * 2**20  # a file that is larger holds no Application

Objects = Mapping[ObjectKey, Manifest]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What templates are told of a cluster; empty for what the dock serves.

    Attributes:
        api_versions: added to those of Kubernetes itself: `group/version` and `group/version/Kind`.
    """

    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


@dataclass(slots=True)
class Place:
    """Where an Application goes, as far as files tell."""

    name: str
    is_hub: bool
    kube_version: str


@dataclass(slots=True)
class Renderer:
    """Renders with the tools of a running platform; counts how often it did."""

    tools: Tools
    capabilities: Capabilities
    count: int = 0
    _mentions: dict[str, bool] = field(default_factory=dict)
    _api_versions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        served = resources.builtin()
        kinds = {f"{one.api_version}/{one.kind}" for one in served} | {one.api_version for one in served}
        self._api_versions = tuple(sorted(kinds | set(self.capabilities.api_versions)))

    async def request(self, application: Application, point: Point, place: Place) -> RenderRequest:
        """What rendering is asked for.

        Raises:
            UserError, TransientError: a source is not on this machine, or has no such revision.
        """
        sources = []
        for source in application.sources:
            if source.chart:
                chart = await self.tools.charts.resolve(source.repo_url, source.chart, source.target_revision or "*")
                sources.append(ResolvedSource(source.spec, chart.version, None, chart))
            else:
                tree = await point.tree(source.repo_url, source.target_revision)
                sources.append(ResolvedSource(source.spec, tree.commit.sha, tree, None))
        return RenderRequest(
            app_name=application.key.name,
            app_namespace=application.key.namespace,
            project=application.project,
            destination_namespace=application.destination.namespace,
            sources=tuple(sources),
            kube_version=self.capabilities.kube_version or place.kube_version or discovery.GIT_VERSION,
            api_versions=self._api_versions,
        )

    async def objects(self, application: Application, request: RenderRequest) -> Objects:
        """The manifests by key, namespaces set; the tracking mark, which is the same everywhere, left out.

        Raises:
            UserError, TransientError: as `run.render`.
        """
        self.count += 1
        rendered = await run.render(request, self.tools)
        wanted = await targets.prepare(application, rendered.objects, OfflineKinds())
        return {key: _unmarked(one) for key, one in wanted.by_key.items()}

    def may_hold_applications(self, request: RenderRequest, inputs: list[tuple[str, dict[str, Any]]]) -> bool:
        """Whether a file that rendering reads mentions Argo CD's kinds; charts of repositories are not looked into."""
        for source in request.sources:
            if source.tree is None:
                if source.spec.get("chart") == "argocd-apps":
                    return True
                continue
            for path, identity in self._files(source, inputs):
                if identity not in self._mentions:
                    self._mentions[identity] = GROUP in _content(source, path)
                if self._mentions[identity]:
                    return True
        return False

    def _files(self, source: ResolvedSource, inputs: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, str]]:
        """Everything below the source's folder, and what its overlays reach beyond it."""
        assert source.tree is not None
        base = str(source.spec.get("path") or "").strip("/")
        found = {one.path: one.id for one in source.tree.walk(base) if one.kind == "blob"} if base != "." else {}
        reached = [each for _, depends in inputs for each in depends.get("files", ()) if len(each) == 2]
        return [*found.items(), *((str(path), str(identity)) for path, identity in reached)]


def place(application: Application, point: Point) -> Place:
    """Where it goes: the name of the cluster, its URL where none of those given has it."""
    destination = application.destination
    registered = point.clusters.registered if point.clusters else []
    found = None
    for one in registered:
        secret = one.secret
        if destination.name == secret.name or (destination.server and destination.server == secret.server):
            found = secret
    if found is None:
        is_hub = destination.server == IN_CLUSTER_SERVER or destination.name in _HUB_NAMES
        return Place(destination.name or ("in-cluster" if is_hub else destination.server), is_hub, "")
    version = found.labels.get(VERSION_LABEL) or found.annotations.get(VERSION_LABEL) or ""
    return Place(found.name, found.server == IN_CLUSTER_SERVER, str(version))


class OfflineKinds:
    """Which kinds there are and where they live: those of Kubernetes itself."""

    def __init__(self) -> None:
        self._served = {one.gvk: one for one in resources.builtin()}

    async def resource(self, gvk: GroupVersionKind) -> Resource:
        """As `ports.cluster.Cluster.resource`."""
        found = self._served.get(gvk)
        if found is None:
            raise UserError(f"{gvk.kind} is no kind of Kubernetes itself", reason="NoKindMatch")
        return Resource(gvk.group, gvk.version, gvk.kind, found.plural, found.namespaced, frozenset(found.verbs))


def _content(source: ResolvedSource, path: str) -> bytes:
    assert source.tree is not None
    try:
        return source.tree.read(path, limit_bytes=_READ_BYTES)
    except (UserError, NotFoundError):  # too large, or a pointer to somewhere else
        return b""


def _unmarked(manifest: Manifest) -> Manifest:
    metadata = manifests.metadata(manifest)
    annotations = {name: text for name, text in manifests.annotations(manifest).items() if name != inventory.TRACKING}
    rest = {name: value for name, value in metadata.items() if name != "annotations"}
    return {**manifest, "metadata": {**rest, "annotations": annotations} if annotations else rest}
