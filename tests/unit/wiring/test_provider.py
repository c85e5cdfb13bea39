from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dokaseca.adapters import kubeconfig
from dokaseca.adapters.kube_wire import FunctionWire, HttpWire
from dokaseca.bridge import secret
from dokaseca.dock.dock import Dock
from dokaseca.engine import destinations
from dokaseca.kit.clock import SystemClock
from dokaseca.model import kubeconfig as kubeconfigs
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.ports.cluster import Cluster
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.layout import Layout
from dokaseca.wiring.provider import DockProvider

NAMESPACE = GroupVersionKind("", "v1", "Namespace")
VERSION = "v1.36.0"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return layouts.prepare(tmp_path / "platform")


def new(layout: Layout) -> DockProvider:
    clock = SystemClock()
    return DockProvider(Dock(clock=clock), layout, clock, "hub")


@pytest_asyncio.fixture
async def provider(layout: Layout) -> AsyncIterator[DockProvider]:
    found = new(layout)
    yield found
    await found.close()


def namespace(name: str) -> manifests.Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def wire(cluster: Cluster) -> object:
    return cluster._wire  # type: ignore[attr-defined]


async def test_a_cluster_comes_up_once_and_its_port_is_remembered(provider: DockProvider, layout: Layout) -> None:
    first, second = await asyncio.gather(provider.ensure("dev", VERSION), provider.ensure("dev", VERSION))
    assert first == second
    assert first.version == VERSION
    port = layouts.read_ports(layout)["dev"]
    assert first.server == f"https://127.0.0.1:{port}"
    assert provider.has_state("dev") and not provider.has_state("prod")


async def test_what_it_tells_opens_the_cluster(provider: DockProvider, tmp_path: Path) -> None:
    told = await provider.ensure("dev", VERSION)
    config = kubeconfigs.for_certificate("dev", told.server, told.ca_pem, told.client_cert_pem, told.client_key_pem)
    kubeconfig.write(tmp_path / "config", config)
    client = kubeconfig.load(tmp_path / "config").open()
    try:
        await client.create(namespace("by-https"))
    finally:
        await client.close()
    assert manifests.name(await provider.client("dev").get(NAMESPACE, "", "by-https")) == "by-https"


async def test_another_run_finds_the_same_clusters_on_the_same_ports(layout: Layout) -> None:
    first = new(layout)
    before = {name: await first.ensure(name, VERSION) for name in ("hub", "dev")}
    await first.client("dev").create(namespace("kept"))
    await first.close()
    await first.close()
    again = new(layout)
    try:
        assert {name: await again.ensure(name, VERSION) for name in ("hub", "dev")} == before
        assert manifests.name(await again.client("dev").get(NAMESPACE, "", "kept")) == "kept"
    finally:
        await again.close()


async def test_a_port_that_somebody_took_meanwhile_is_an_error_that_names_it(layout: Layout) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        layouts.write_ports(layout, {"dev": port})
        provider = new(layout)
        with pytest.raises(UserError, match=f"port {port} is in use"):
            await provider.ensure("dev", VERSION)
        assert provider.clusters == {}
        await provider.close()


async def test_a_cluster_called_like_the_web_server_has_a_port_of_its_own(
    provider: DockProvider, layout: Layout
) -> None:
    layouts.write_ports(layout, {layouts.WEB_PORT: 40001})
    await provider.ensure(layouts.WEB_PORT, VERSION)
    assert layouts.read_ports(layout) == {"web": 40001, "cluster/web": provider.clusters["web"].port}
    await provider.remove(layouts.WEB_PORT)
    assert layouts.read_ports(layout) == {"web": 40001}


# --- removal --------------------------------------------------------------------------------------------------------


async def test_removal_leaves_nothing_of_the_cluster_and_all_of_the_others(
    provider: DockProvider, layout: Layout
) -> None:
    for name in ("hub", "dev", "prod"):
        await provider.ensure(name, VERSION)
    await provider.client("dev").create(namespace("old"))
    await provider.remove("dev")
    await provider.remove("dev")
    await provider.remove("never-was")
    assert sorted(provider.clusters) == ["hub", "prod"]
    assert sorted(path.name for path in layout.clusters.iterdir()) == ["hub", "prod"]
    assert sorted(layouts.read_ports(layout)) == ["hub", "prod"]
    await provider.ensure("dev", VERSION)
    found = await provider.client("dev").list(NAMESPACE)
    assert "old" not in {manifests.name(one) for one in found.items}


async def test_the_hub_is_not_removed(provider: DockProvider) -> None:
    await provider.ensure("hub", VERSION)
    with pytest.raises(UserError, match="hub: the hub cannot be removed by a Cluster object") as raised:
        await provider.remove("hub")
    assert raised.value.reason == "HubNotRemovable"
    assert list(provider.clusters) == ["hub"]


async def test_state_that_cannot_be_deleted_is_told(provider: DockProvider, layout: Layout) -> None:
    (layout.clusters / "dev").write_text("not a folder")
    with pytest.raises(TransientError, match=f"{layout.clusters}/dev: the state of a removed cluster") as raised:
        await provider.remove("dev")
    assert raised.value.reason == "StateNotDeleted"


async def test_removing_what_is_just_coming_up_waits_for_it(provider: DockProvider, layout: Layout) -> None:
    coming = asyncio.ensure_future(provider.ensure("dev", VERSION))
    await asyncio.sleep(0)
    await provider.remove("dev")
    await coming
    assert provider.clusters == {}
    assert not (layout.clusters / "dev").exists()


async def test_every_coming_and_going_is_told(provider: DockProvider) -> None:
    told: list[list[str]] = []
    provider.on_change(lambda: told.append(sorted(provider.clusters)))
    await provider.ensure("hub", VERSION)
    await provider.ensure("hub", VERSION)
    await provider.ensure("dev", VERSION)
    await provider.remove("dev")
    assert told == [[], ["hub"], ["dev", "hub"], ["hub"]]


# --- clients --------------------------------------------------------------------------------------------------------


async def test_clusters_of_this_process_are_called_and_others_reached_over_https(provider: DockProvider) -> None:
    told = {name: await provider.ensure(name, VERSION) for name in ("hub", "dev")}
    own = provider.open(destinations.decode(secret.cluster_secret("main")))
    assert (own.name, type(wire(own))) == ("hub", FunctionWire)
    for name in ("dev", "hub"):
        found = provider.open(destinations.decode(secret.cluster_secret("alias", server=told[name].server)))
        assert (found.name, type(wire(found))) == (name, FunctionWire)
    config = secret.remote_config("", "", "")
    far = provider.open(destinations.decode(secret.cluster_secret("far", server="https://far.test", config=config)))
    assert (far.name, far.server, type(wire(far))) == ("far", "https://far.test", HttpWire)
    await far.close()


async def test_a_registration_that_cannot_be_read_names_the_cluster(provider: DockProvider) -> None:
    broken = secret.cluster_secret("far", server="https://far.test")
    broken["data"]["config"] = "bm90IGpzb24="
    with pytest.raises(UserError, match="cluster far: config is not JSON"):
        provider.open(destinations.decode(broken))
