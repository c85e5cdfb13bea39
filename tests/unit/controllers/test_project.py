"""Projects with a finalizer outlive their Applications, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.fakes import virtual_time

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.bridge import manifests as bridge
from dokaseca.controllers.project import FINALIZER, ProjectController
from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError
from dokaseca.model.identity import GroupVersionKind, NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.runtime.supervise import Supervisor

PROJECT = GroupVersionKind("argoproj.io", "v1alpha1", "AppProject")
KEY = NamespacedName("argocd", "team")


class Hub:
    """`read` gives what was last fetched with `look`: the controller sees the hub as late as a test wants."""

    def __init__(self, api: Api) -> None:
        self.cluster = KubeCluster("hub", "https://hub.test", FunctionWire(api.handle, "test", ("system:masters",)))
        self.seen: Manifest | None = None
        self.applications: list[Manifest] = []
        self.controller = ProjectController(self.cluster, lambda key: self.seen, lambda: self.applications)

    async def create(self, *finalizers: str) -> None:
        one = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "team", "namespace": "argocd", "finalizers": [*finalizers]},
            "spec": {},
        }
        await self.cluster.create(one)
        await self.look()

    async def delete(self) -> None:
        await self.cluster.delete(PROJECT, "argocd", "team")
        await self.look()

    async def live_or_none(self) -> Manifest | None:
        try:
            return await self.cluster.get(PROJECT, "argocd", "team")
        except NotFoundError:
            return None

    async def look(self) -> None:
        """Have the controller see what is there now."""
        self.seen = await self.live_or_none()
        self.controller.on_project(KEY)
        await asyncio.sleep(0.05)

    async def application_left(self) -> None:
        self.controller.on_application_gone()
        await asyncio.sleep(0.05)


def run(scenario: Callable[[Hub], Awaitable[None]]) -> None:
    @asynccontextmanager
    async def hub() -> Any:
        api = Api("hub", MemoryStorage(), clock=virtual_time.LoopClock(), ca_pem="CA")
        async with Supervisor("test") as tasks:
            tasks.start("lifecycle", api.run())
            found = Hub(api)
            for crd in bridge.crds():
                await found.cluster.apply(crd, field_manager="test", force=True)
            await asyncio.sleep(0.05)
            await found.cluster.resources(refresh=True)
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}}
            await found.cluster.create(namespace)
            tasks.start("controller", found.controller.run())
            yield found
            assert tasks.failure is None
        api.close()

    async def play() -> None:
        async with hub() as found:
            await scenario(found)

    virtual_time.run(play())


def application(project: str | None) -> Manifest:
    return {"kind": "Application", "spec": {} if project is None else {"project": project}}


def test_it_stays_while_an_application_refers_to_it() -> None:
    async def scenario(hub: Hub) -> None:
        hub.applications = [application("team"), application("other")]
        await hub.create(FINALIZER)
        await hub.delete()
        await hub.application_left()
        assert await hub.live_or_none() is not None
        hub.applications.pop(0)
        await hub.application_left()
        assert await hub.live_or_none() is None

    run(scenario)


@pytest.mark.parametrize(("project", "holds"), [(None, True), ("", True), ("default", True), ("team", False)])
def test_an_application_without_a_project_holds_the_default_one(project: str | None, holds: bool) -> None:
    async def scenario(hub: Hub) -> None:
        one = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "default", "namespace": "argocd", "finalizers": [FINALIZER]},
            "spec": {},
        }
        hub.applications = [application(project)]
        await hub.cluster.create(one)
        await hub.cluster.delete(PROJECT, "argocd", "default")
        hub.seen = await hub.cluster.get(PROJECT, "argocd", "default")
        hub.controller.on_project(NamespacedName("argocd", "default"))
        await asyncio.sleep(0.05)
        found = await hub.cluster.list(PROJECT, "argocd")
        assert bool(found.items) is holds

    run(scenario)


def test_one_that_is_not_deleted_is_not_touched() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(FINALIZER)
        before = await hub.live_or_none()
        await hub.look()
        assert await hub.live_or_none() == before

    run(scenario)


def test_finalizers_of_others_stay() -> None:
    async def scenario(hub: Hub) -> None:
        await hub.create(FINALIZER, "a.test/b")
        await hub.delete()
        live = await hub.live_or_none()
        assert manifests.metadata(live or {})["finalizers"] == ["a.test/b"]

    run(scenario)


def test_a_finalizer_that_went_meanwhile_does_not_come_back_and_others_stay() -> None:
    async def scenario(hub: Hub) -> None:
        hub.applications = [application("team")]
        await hub.create(FINALIZER, "a.test/b", "c.test/d")
        await hub.delete()
        metadata = {"finalizers": [FINALIZER, "c.test/d"]}
        await hub.cluster.patch(PROJECT, "argocd", "team", {"metadata": metadata})
        hub.applications = []
        await hub.application_left()  # what it has seen is old
        live = await hub.live_or_none()
        assert manifests.metadata(live or {})["finalizers"] == [FINALIZER, "c.test/d"]
        await hub.look()
        live = await hub.live_or_none()
        assert manifests.metadata(live or {})["finalizers"] == ["c.test/d"]

    run(scenario)


def test_one_that_is_gone_already_is_no_error() -> None:
    async def scenario(hub: Hub) -> None:
        hub.applications = [application("team")]
        await hub.create(FINALIZER)
        await hub.delete()
        await hub.cluster.patch(PROJECT, "argocd", "team", {"metadata": {"finalizers": None}})
        hub.applications = []
        await hub.application_left()  # the patch finds nothing
        hub.seen = None
        await asyncio.sleep(2.0)
        assert await hub.live_or_none() is None
        assert hub.controller.controller.queue.is_idle

    run(scenario)
