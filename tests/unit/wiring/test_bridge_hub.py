from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from tests.fakes import virtual_time
from tests.fakes.cluster import FakeCluster

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.bridge import bootstrap, examples, platform
from dokaseca.bridge.platform import Platform
from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.ports.cluster import WatchEvent
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring.bridge_hub import CRD, ESTABLISH_SECONDS, bridge_hub

PROJECT = GroupVersionKind("argoproj.io", "v1alpha1", "AppProject")
SECRET = GroupVersionKind("", "v1", "Secret")
CHARTS_URL = "http://127.0.0.1:40001/charts"


def example() -> Platform:
    found = platform.load(examples.default_platform(), subject="platform.yaml")
    repositories = {name: replace(one, url=f"file:///p/{name}.git") for name, one in found.repositories.items()}
    return replace(found, repositories=repositories)


class Hub:
    """A hub in memory; `revision` grows with each write that changes something."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.cluster = KubeCluster("hub", "https://hub.test", FunctionWire(api.handle, "test", ("system:masters",)))

    @property
    def revision(self) -> int:
        return self._api.state.store.revision

    async def bridge(self, given: Platform | None = None) -> None:
        await bridge_hub(self.cluster, given or example(), CHARTS_URL)


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[Hub]:
    api = Api("hub", MemoryStorage(), clock=FakeClock(), ca_pem="CA")
    async with Supervisor("test") as tasks:
        tasks.start("lifecycle", api.run())
        yield Hub(api)
        assert tasks.failure is None
    api.close()


async def test_a_hub_gets_its_kinds_project_registration_and_bootstrap(hub: Hub) -> None:
    await hub.bridge()
    secret = await hub.cluster.get(SECRET, "argocd", "hub")
    assert manifests.labels(secret)["argocd.argoproj.io/secret-type"] == "cluster"
    assert manifests.annotations(secret)["charts_repo_url"] == CHARTS_URL
    assert manifests.annotations(secret)["addons_repo_url"] == "file:///p/addons.git"
    sets = await hub.cluster.list(application_sets.GVK, "argocd")
    assert {manifests.name(one) for one in sets.items} == set(bootstrap.NAMES)
    project = await hub.cluster.get(PROJECT, "argocd", "default")
    assert project["spec"] == bootstrap.default_project()["spec"]


async def test_a_second_start_writes_nothing(hub: Hub) -> None:
    await hub.bridge()
    before = hub.revision
    await hub.bridge()
    assert hub.revision == before


async def test_a_default_project_that_was_tightened_stays_tight(hub: Hub) -> None:
    await hub.bridge()
    tight = {"spec": {"sourceRepos": ["https://git.test/*"], "clusterResourceWhitelist": None}}
    await hub.cluster.patch(PROJECT, "argocd", "default", tight)
    before = await hub.cluster.get(PROJECT, "argocd", "default")
    await hub.bridge()
    assert await hub.cluster.get(PROJECT, "argocd", "default") == before


async def test_labels_added_to_the_hub_by_hand_stay_and_the_platform_files_are_set_back(hub: Hub) -> None:
    await hub.bridge()
    edited = {"enable_by_hand": "true", "environment": "wrong"}
    patch = {"metadata": {"labels": edited, "annotations": {"note": "mine"}}}
    await hub.cluster.patch(SECRET, "argocd", "hub", patch, field_manager="somebody")
    given = example()
    await hub.bridge(replace(given, hub=replace(given.hub, labels={"tier": "gold"})))
    secret = await hub.cluster.get(SECRET, "argocd", "hub")
    labels = manifests.labels(secret)
    assert (labels["enable_by_hand"], labels["tier"]) == ("true", "gold")
    assert labels["environment"] == "control-plane"
    assert manifests.annotations(secret)["note"] == "mine"
    await hub.bridge()
    assert "tier" not in manifests.labels(await hub.cluster.get(SECRET, "argocd", "hub"))


class SlowHub(FakeCluster):
    """Establishes CRDs late, and one by one."""

    def __init__(self, *, establishes: bool) -> None:
        super().__init__([CRD, PROJECT, SECRET, application_sets.GVK, GroupVersionKind("", "v1", "Namespace")])
        self.establishes = establishes

    async def list(self, *arguments: Any, **options: Any) -> Any:
        listing = await super().list(*arguments, label_selector=options.get("label_selector", ""))
        wanted = options.get("field_selector", "").removeprefix("metadata.name=")
        return replace(listing, items=[one for one in listing.items if wanted in ("", manifests.name(one))])

    async def watch(self, gvk: GroupVersionKind, *arguments: Any, **options: Any) -> AsyncIterator[WatchEvent]:
        await asyncio.sleep(2.0)
        if not self.establishes:
            await asyncio.sleep(3600.0)
        for one in self.of_kind("CustomResourceDefinition"):
            other = {**one, "metadata": {**one["metadata"], "name": "other"}}
            ready = {"conditions": [{"type": "Established", "status": "True"}]}
            yield WatchEvent("MODIFIED", {**other, "status": ready})
            yield WatchEvent("MODIFIED", {**one, "status": ready})


def test_a_server_that_establishes_kinds_late_is_waited_for() -> None:
    async def scenario() -> None:
        hub = SlowHub(establishes=True)
        await bridge_hub(hub, example(), CHARTS_URL)
        kinds = [kind for _, kind, _ in hub.writes]
        assert kinds[-6:] == ["Namespace", "AppProject", "Secret", *["ApplicationSet"] * 3]

    virtual_time.run(scenario())


def test_a_server_that_never_does_is_an_error() -> None:
    async def scenario() -> None:
        hub = SlowHub(establishes=False)
        with pytest.raises(
            TransientError, match=f"did not establish the CRDs within {ESTABLISH_SECONDS:.0f} s"
        ) as raised:
            await bridge_hub(hub, example(), CHARTS_URL)
        assert raised.value.reason == "CRDsNotEstablished"
        assert {kind for _, kind, _ in hub.writes} == {"CustomResourceDefinition"}

    virtual_time.run(scenario())
