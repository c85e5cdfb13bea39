"""The engine's own wiring: which change wakes whom. What the controllers do is tested where they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.fakes import virtual_time
from tests.fakes.git import FakeGit
from tests.unit.controllers.cluster_hub import CLUSTER, FakeProvider

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.bridge import bootstrap, retirement, secret
from dokaseca.bridge import manifests as bridge
from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.engine.destinations import Registration
from dokaseca.flow.source.repositories import Repositories
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError, TransientError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.ports.cluster import Cluster, Listing
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring.engine import PROJECTS, START_SECONDS, Doors, Engine

SECRET = GroupVersionKind("", "v1", "Secret")


class Silent:
    """A door that nothing in these tests goes through."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was used")


class Audit:
    def last_digest(self) -> str:
        return ""

    def append(self, line: bytes) -> None:
        """Nothing is kept."""


class Hub:
    """A bridged hub with its engine."""

    def __init__(self, api: Api, tasks: Supervisor) -> None:
        self.cluster = client(api)
        self.changes = 0
        git = FakeGit({"refs/heads/main": "a" * 40})
        doors = Doors(
            hub=self.cluster,
            clock=virtual_time.LoopClock(),
            sources=Repositories(git, tasks.start, lambda url: True),
            tools=Silent(),  # type: ignore[arg-type]
            audit=Audit(),
            provider=FakeProvider(),
            open_cluster=self.open,
        )
        self.engine = Engine(doors, tasks, self._changed)
        self.opened: list[str] = []
        self._api = api

    def open(self, registration: Registration) -> Cluster:
        self.opened.append(registration.name)
        return client(self._api)

    def _changed(self) -> None:
        self.changes += 1

    async def put(self, api_version: str, kind: str, name: str, spec: Any = None, **metadata: Any) -> None:
        about = {"name": name, "namespace": "argocd", **metadata}
        one = {"apiVersion": api_version, "kind": kind, "metadata": about, "spec": spec or {}}
        await self.cluster.apply(one, field_manager="test", force=True)

    async def exists(self, gvk: GroupVersionKind, namespace: str, name: str) -> bool:
        try:
            await self.cluster.get(gvk, namespace, name)
        except NotFoundError:
            return False
        return True


def client(api: Api) -> KubeCluster:
    return KubeCluster("hub", "https://hub.test", FunctionWire(api.handle, "test", ("system:masters",)))


def run(scenario: Callable[[Hub], Awaitable[None]]) -> None:
    async def play() -> None:
        async with _hub() as hub:
            await scenario(hub)

    virtual_time.run(play())


@asynccontextmanager
async def _hub() -> AsyncIterator[Hub]:
    api = Api("hub", MemoryStorage(), clock=virtual_time.LoopClock(), ca_pem="CA")
    async with Supervisor("test") as tasks:
        tasks.start("lifecycle", api.run())
        hub = Hub(api, tasks)
        for crd in bridge.crds():
            await hub.cluster.apply(crd, field_manager="test", force=True)
        await asyncio.sleep(0.05)
        await hub.cluster.resources(refresh=True)
        for namespace in ("argocd", "clusters"):
            await hub.cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        for one in (bootstrap.default_project(), secret.cluster_secret("hub", environment="control-plane")):
            await hub.cluster.apply(one, field_manager="test", force=True)
        await hub.engine.start()
        yield hub
        assert tasks.failure is None
    api.close()


SPEC = {
    "project": "default",
    "destination": {"name": "hub", "namespace": "default"},
    "source": {"repoURL": "https://git.test/a.git", "path": "."},
}


def test_what_the_hub_holds_is_in_the_snapshot_and_every_change_is_told() -> None:
    async def scenario(hub: Hub) -> None:
        before = hub.changes
        await hub.put("argoproj.io/v1alpha1", "Application", "a", {**SPEC, "project": "nobody"})
        await asyncio.sleep(1.0)
        found = hub.engine.snapshot()
        assert [manifests.name(one) for one in found.applications] == ["a"]
        assert [manifests.name(one) for one in found.cluster_secrets] == ["hub"]
        assert hub.changes > before
        assert hub.engine.is_idle

    run(scenario)


def test_a_project_goes_when_its_last_application_moves_to_another() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.put("argoproj.io/v1alpha1", "AppProject", "team", finalizers=[applications.FINALIZER])
        await hub.put("argoproj.io/v1alpha1", "Application", "a", {**SPEC, "project": "team"})
        await hub.cluster.delete(PROJECTS, "argocd", "team")
        await asyncio.sleep(1.0)
        assert await hub.exists(PROJECTS, "argocd", "team")
        await hub.cluster.patch(applications.GVK, "argocd", "a", {"spec": {"project": "default"}})
        await asyncio.sleep(1.0)
        assert not await hub.exists(PROJECTS, "argocd", "team")

    run(scenario)


@pytest.mark.parametrize("selector", [{"matchLabels": {"environment": "dev"}}, {}], ids=["environment", "everything"])
def test_a_cluster_leaves_whatever_application_sets_select_it_by(selector: manifests.Manifest) -> None:
    async def scenario(hub: Hub) -> None:
        template = {"metadata": {"name": "{{name}}-app"}, "spec": {**SPEC, "destination": {"name": "{{name}}"}}}
        spec = {"generators": [{"clusters": {"selector": selector}}], "template": template}
        await hub.put("argoproj.io/v1alpha1", "ApplicationSet", "set", spec)
        cluster = {"infrastructureRef": {"kind": "DockCluster", "name": "dev"}}
        await hub.put("cluster.x-k8s.io/v1beta1", "Cluster", "dev", cluster, namespace="clusters")
        await asyncio.sleep(2.0)
        assert await hub.exists(applications.GVK, "argocd", "dev-app")
        await hub.cluster.delete(CLUSTER, "clusters", "dev")
        await asyncio.sleep(retirement.PATIENCE_SECONDS - 2)
        assert await hub.exists(applications.GVK, "argocd", "dev-app")
        assert await hub.exists(CLUSTER, "clusters", "dev")
        await asyncio.sleep(10.0)
        assert not await hub.exists(applications.GVK, "argocd", "dev-app")
        assert not await hub.exists(CLUSTER, "clusters", "dev")
        assert not await hub.exists(SECRET, "argocd", "dev")
        assert await hub.exists(application_sets.GVK, "argocd", "set")

    run(scenario)


def test_a_cluster_is_connected_to_anew_when_its_secret_changes() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.put("argoproj.io/v1alpha1", "Application", "a", SPEC)
        await asyncio.sleep(1.0)
        assert hub.opened == ["hub"]
        config = {"tlsClientConfig": {"insecure": True}}
        changed = secret.cluster_secret("hub", environment="control-plane", config=config)
        await hub.cluster.apply(changed, field_manager="test", force=True)
        await asyncio.sleep(1.0)
        assert hub.opened == ["hub", "hub"]

    run(scenario)


class Deaf(KubeCluster):
    """Lists nothing, ever."""

    async def list(self, *arguments: Any, **options: Any) -> Listing:
        await asyncio.sleep(10_000)
        raise AssertionError


def test_a_hub_that_does_not_answer_is_an_error() -> None:
    async def play() -> None:
        async with Supervisor("test") as tasks:
            hub = Deaf("hub", "https://hub.test", Silent())  # type: ignore[arg-type]
            doors = Doors(
                hub=hub,
                clock=virtual_time.LoopClock(),
                sources=Repositories(FakeGit({}), tasks.start, lambda url: True),
                tools=Silent(),  # type: ignore[arg-type]
                audit=Audit(),
                provider=FakeProvider(),
                open_cluster=Silent(),  # type: ignore[arg-type]
            )
            with pytest.raises(TransientError, match=f"did not list its objects within {START_SECONDS:.0f} s"):
                await Engine(doors, tasks, lambda: None).start()

    virtual_time.run(play())
