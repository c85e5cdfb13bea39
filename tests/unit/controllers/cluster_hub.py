"""A hub in memory with the Cluster controller on it, fed by real watches, under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.fakes import virtual_time

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.bridge import manifests as bridge
from dokaseca.bridge import retirement, secret
from dokaseca.controllers.cluster import INFRASTRUCTURE, ClusterController
from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.engine import destinations
from dokaseca.engine.live_state import collection_of
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, NotFoundError
from dokaseca.model.identity import GroupVersionKind, NamespacedName, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster_provider import ClusterEndpoint
from dokaseca.runtime.informer import Informer
from dokaseca.runtime.supervise import Supervisor

CLUSTER = GroupVersionKind("cluster.x-k8s.io", "v1beta1", "Cluster")
SECRET = GroupVersionKind("", "v1", "Secret")
REPOSITORIES = {"addons_repo_url": "https://git.test/addons.git", "charts_repo_url": "http://127.0.0.1:1/charts"}


class FakeProvider:
    """Clusters that exist by name only.

    Attributes:
        error: raised by every call, while set.
        meanwhile: awaited once in the middle of the next call.
        calls: (verb, cluster) of every call, in order.
    """

    def __init__(self) -> None:
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.error: DokaSecaError | None = None
        self.calls: list[tuple[str, str]] = []
        self.running: set[str] = set()

    async def ensure(self, name: str, version: str) -> ClusterEndpoint:
        await self._called("ensure", name)
        self.running.add(name)
        return ClusterEndpoint(f"https://{name}.test:6443", "CA", "CERT", "KEY", version)

    async def remove(self, name: str) -> None:
        await self._called("remove", name)
        self.running.discard(name)

    async def _called(self, verb: str, name: str) -> None:
        self.calls.append((verb, name))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        if self.error is not None:
            raise self.error


class Hub:
    """What a test does to the hub, and what it finds there.

    Attributes:
        api: the hub's server; `api.state.store.revision` grows with each write that changed something.
    """

    def __init__(self, api: Api, provider: FakeProvider, tasks: Supervisor) -> None:
        self.api = api
        self.provider = provider
        self.cluster = KubeCluster("hub", "https://hub.test", FunctionWire(api.handle, "test", ("system:masters",)))
        self._tasks = tasks
        self._clusters = self._informer(CLUSTER, "", "", self._cluster_changed)
        self._secrets = self._informer(SECRET, "argocd", destinations.SECRET_SELECTOR, self._secret_changed)
        self._applications = self._informer(applications.GVK, "argocd", "", self._application_changed)
        self.controller = ClusterController(
            self.cluster,
            provider,
            virtual_time.LoopClock(),
            lambda: list(self._clusters.items.values()),
            lambda: list(self._secrets.items.values()),
            lambda: list(self._applications.items.values()),
        )

    async def start(self) -> None:
        for informer in (self._clusters, self._secrets, self._applications):
            self._tasks.start(informer.name, informer.run())
            await informer.synced.wait()
        self._tasks.start("controller", self.controller.run())
        await self.settle()

    async def settle(self, seconds: float = 0.05) -> None:
        """Let everything happen that is due within `seconds`."""
        await asyncio.sleep(seconds)

    async def writes_of(self, act: Callable[[], Awaitable[None]]) -> int:
        """How many objects change while `act` runs and settles."""
        before = self.api.state.store.revision
        await act()
        await self.settle()
        return self.api.state.store.revision - before

    # --- what is there ----------------------------------------------------------------------------------------------

    async def get(self, name: str = "dev", namespace: str = "clusters") -> Manifest:
        return await self.cluster.get(CLUSTER, namespace, name)

    async def registration(self, name: str = "dev") -> Manifest:
        return await self.cluster.get(SECRET, "argocd", name)

    async def exists(self, gvk: GroupVersionKind, namespace: str, name: str) -> bool:
        try:
            await self.cluster.get(gvk, namespace, name)
        except NotFoundError:
            return False
        return True

    async def condition(self, name: str = "dev", namespace: str = "clusters") -> Manifest:
        """Its Ready condition."""
        found = manifests.get(await self.get(name, namespace), "status", "conditions", default=[])
        return next((one for one in found if one["type"] == "Ready"), {})

    # --- what happens -----------------------------------------------------------------------------------------------

    async def create(self, name: str = "dev", namespace: str = "clusters", **parts: Any) -> None:
        """A Cluster as Git has it; `labels`, `annotations`, `finalizers`, and parts of the spec."""
        metadata = {part: parts.pop(part) for part in ("labels", "annotations", "finalizers") if part in parts}
        infrastructure = {"apiVersion": INFRASTRUCTURE.api_version, "kind": "DockCluster", "name": name}
        spec = {"infrastructureRef": infrastructure, "topology": {"class": "dock", "version": "v1.36.0"}} | parts
        await self.put("cluster.x-k8s.io/v1beta1", "Cluster", namespace, name, metadata, spec=spec)

    async def put(
        self, api_version: str, kind: str, namespace: str, name: str, metadata: Manifest | None = None, **parts: Any
    ) -> None:
        about = {"namespace": namespace, "name": name, **(metadata or {})}
        one = {"apiVersion": api_version, "kind": kind, "metadata": about, **parts}
        await self.cluster.apply(one, field_manager="git", force=True)

    async def application(self, name: str, *, project: str = "default", cluster: str = "dev") -> None:
        spec = {
            "project": project,
            "destination": {"name": cluster, "namespace": "default"},
            "source": {"repoURL": "https://git.test/a.git", "path": "."},
        }
        metadata = {"finalizers": [applications.FINALIZER]}
        await self.put("argoproj.io/v1alpha1", "Application", "argocd", name, metadata, spec=spec)

    async def application_goes(self, name: str) -> None:
        """It was deleted, and its objects are gone."""
        await self.cluster.delete(applications.GVK, "argocd", name)
        await self.cluster.patch(applications.GVK, "argocd", name, {"metadata": {"finalizers": None}})

    async def delete(self, name: str = "dev", namespace: str = "clusters") -> None:
        await self.cluster.delete(CLUSTER, namespace, name)
        await self.settle()

    async def edit(self, gvk: GroupVersionKind, namespace: str, name: str, patch: Manifest) -> None:
        await self.cluster.patch(gvk, namespace, name, patch, field_manager="somebody")
        await self.settle()

    async def restart(self) -> Hub:
        """The same hub with a new controller, as after a crash."""
        await self._tasks.stop()
        other = Hub(self.api, self.provider, self._tasks)
        self._tasks.start("lifecycle", self.api.run())
        await other.start()
        return other

    # --- wiring -----------------------------------------------------------------------------------------------------

    def _informer(
        self, gvk: GroupVersionKind, namespace: str, selector: str, changed: Callable[[NamespacedName, bool], None]
    ) -> Informer[ObjectKey, Manifest]:
        def on_change(key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
            changed(NamespacedName(key.namespace, key.name), new is None)

        return Informer(gvk.kind, collection_of(self.cluster, gvk, namespace, selector), on_change)

    def _cluster_changed(self, key: NamespacedName, is_gone: bool) -> None:
        self.controller.on_cluster(key)

    def _secret_changed(self, key: NamespacedName, is_gone: bool) -> None:
        self.controller.on_secret(key)

    def _application_changed(self, key: NamespacedName, is_gone: bool) -> None:
        if is_gone:
            self.controller.on_application_gone()


def run(scenario: Callable[[Hub], Awaitable[None]]) -> None:
    """`scenario` with a hub that is bridged and has registered itself, under virtual time."""

    async def play() -> None:
        async with _hub() as hub:
            await scenario(hub)

    virtual_time.run(play())


@asynccontextmanager
async def _hub() -> AsyncIterator[Hub]:
    api = Api("hub", MemoryStorage(), clock=virtual_time.LoopClock(), ca_pem="CA")
    async with Supervisor("test") as tasks:
        tasks.start("lifecycle", api.run())
        hub = Hub(api, FakeProvider(), tasks)
        for crd in bridge.crds():
            await hub.cluster.apply(crd, field_manager="test", force=True)
        await hub.settle()
        await hub.cluster.resources(refresh=True)
        for namespace in ("argocd", "clusters", "more"):
            await hub.put("v1", "Namespace", "", namespace)
        own = secret.cluster_secret("hub", environment="control-plane", metadata=REPOSITORIES)
        await hub.cluster.apply(own, field_manager="test", force=True)
        await hub.start()
        yield hub
        assert tasks.failure is None
    api.close()


def step_of(registration: Manifest) -> str:
    """How far the retirement is."""
    return manifests.annotations(registration).get(retirement.STEP_ANNOTATION, "")
