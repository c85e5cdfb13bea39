from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.bridge import manifests as bridge
from dokaseca.dock.dock import Dock
from dokaseca.dock.simulator import nodes
from dokaseca.kit.clock import SystemClock
from dokaseca.model.errors import UserError
from dokaseca.wiring import hub_elsewhere as hubs
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.hub_providers import EnvtestProvider, KubeconfigProvider
from dokaseca.wiring.layout import Layout
from dokaseca.wiring.settings import HubChoice

LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
CHOICE = HubChoice("kubeconfig", Path("/config"), "work")


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[KubeCluster]:
    dock = Dock()
    cluster = await dock.start("hub", folder=None)
    yield KubeCluster("hub", cluster.server_url, FunctionWire(cluster.api.handle, "admin", ("system:masters",)))
    await dock.close()


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return layouts.prepare(tmp_path / "platform")


def chosen(layout: Layout, choice: HubChoice) -> hubs.HubElsewhere | None:
    return hubs.chosen_or_none(layout, "hub", choice, SystemClock())


# --- the claim --------------------------------------------------------------------------------------------------------


async def test_a_hub_is_claimed_once_and_for_one_platform(hub: KubeCluster) -> None:
    remembered: list[str] = []
    await hubs.claim(hub, "a", lambda: remembered.append("a"))
    await hubs.claim(hub, "a", lambda: remembered.append("again"))
    assert remembered == ["a"]
    with pytest.raises(
        UserError, match=r"cluster hub: belongs to another platform; .*delete its Applications and Config"
    ):
        await hubs.claim(hub, "b", lambda: remembered.append("b"))
    assert remembered == ["a"]


async def test_of_two_platforms_at_once_one_has_the_hub(hub: KubeCluster) -> None:
    both = await asyncio.gather(*(hubs.claim(hub, name, lambda: None) for name in ("a", "b")), return_exceptions=True)
    assert sorted(type(one) for one in both if one is not None) == [UserError]


@pytest.mark.parametrize("kind", ["Application", "ApplicationSet"])
async def test_a_hub_with_applications_and_no_name_on_it_is_refused(hub: KubeCluster, kind: str) -> None:
    for crd in bridge.crds():
        await hub.apply(crd, field_manager="test", force=True)
    await hub.resources(refresh=True)
    await hub.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}, field_manager="test")
    spec = {"project": "default", "destination": {}, "source": {"repoURL": "https://git.test"}}
    theirs = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "team"},
        "spec": spec if kind == "Application" else {"generators": [], "template": {"metadata": {}, "spec": spec}},
    }
    await hub.create(theirs, field_manager="test")
    with pytest.raises(UserError, match=f"holds {kind} team/web, of another platform or of Argo CD") as raised:
        await hubs.claim(hub, "a", lambda: pytest.fail("it was remembered"))
    assert raised.value.reason == "HubTaken"


# --- nodes ------------------------------------------------------------------------------------------------------------


async def test_a_hub_without_nodes_is_to_be_simulated(hub: KubeCluster) -> None:
    assert await hubs.lacks_nodes(hub)
    await hub.create(nodes.node("real"), field_manager="test")
    assert not await hubs.lacks_nodes(hub)


@pytest.mark.parametrize("holder", ["kube-scheduler", "kube-controller-manager"])
async def test_a_hub_whose_nodes_are_just_not_there_is_not_simulated(hub: KubeCluster, holder: str) -> None:
    lease = {**LEASE, "metadata": {"name": holder, "namespace": "kube-system"}, "spec": {}}
    await hub.create(lease, field_manager="test")
    assert not await hubs.lacks_nodes(hub)


# --- the choice -------------------------------------------------------------------------------------------------------


def test_the_choice_is_remembered_and_nothing_said_keeps_it(layout: Layout) -> None:
    assert chosen(layout, HubChoice()) is None
    assert chosen(layout, HubChoice("dock")) is None
    found = chosen(layout, CHOICE)
    assert found is not None
    assert hubs.read_record_or_none(layout, "hub") is None  # only a claim is remembered
    hubs.write_record(layout, "hub", found._record)
    for choice in (HubChoice(), HubChoice("kubeconfig")):
        again = chosen(layout, choice)
        assert again is not None and again._record == found._record
    moved = chosen(layout, HubChoice("kubeconfig", Path("/other")))
    assert moved is not None
    assert (moved._record.kubeconfig, moved._record.context) == ("/other", "")
    assert moved._record.platform == found._record.platform


def test_a_hub_cannot_move(layout: Layout) -> None:
    found = chosen(layout, CHOICE)
    assert found is not None
    hubs.write_record(layout, "hub", found._record)
    for provider in ("dock", "envtest"):
        with pytest.raises(UserError, match=f"is provided by kubeconfig and cannot move to {provider}"):
            chosen(layout, HubChoice(provider))
    (layout.clusters / "hub" / "hub.json").unlink()
    (layout.clusters / "hub" / "state.db").touch()
    with pytest.raises(UserError, match="is provided by dock and cannot move to kubeconfig"):
        chosen(layout, CHOICE)


def test_the_users_own_kubeconfig_is_the_default(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/mine")
    found = chosen(layout, HubChoice("kubeconfig"))
    assert found is not None and found._record.kubeconfig == "/mine"
    monkeypatch.setenv("KUBECONFIG", "/mine:/other")
    with pytest.raises(UserError, match="names several files; say which one with --hub-kubeconfig"):
        chosen(layout, HubChoice("kubeconfig"))
    monkeypatch.delenv("KUBECONFIG")
    found = chosen(layout, HubChoice("kubeconfig"))
    assert found is not None and found._record.kubeconfig == str(Path("~/.kube/config").expanduser())


def test_a_damaged_record_is_told(layout: Layout) -> None:
    (layout.clusters / "hub").mkdir()
    (layout.clusters / "hub" / "hub.json").write_text("{")
    with pytest.raises(UserError, match=r"hub\.json: cannot be read, and tells where the hub is"):
        chosen(layout, HubChoice())


# --- the providers ----------------------------------------------------------------------------------------------------

CONFIG = """
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://k.test"MORE}}]
users: [{name: u, user: {USER}}]
"""


@pytest.mark.parametrize(
    ("more", "user"),
    [
        (", insecure-skip-tls-verify: true", "token: t"),
        (", tls-server-name: other", "token: t"),
        ("", "username: a, password: b"),
    ],
)
async def test_a_context_that_trusts_anybody_is_no_hub(tmp_path: Path, more: str, user: str) -> None:
    (tmp_path / "config").write_text(CONFIG.replace("MORE", more).replace("USER", user))
    with pytest.raises(UserError, match="context 'c' cannot be a hub"):
        await KubeconfigProvider(tmp_path / "config", "").ensure("hub", "v1.36.0")


async def test_a_context_with_a_token_is_a_hub_that_is_never_removed(tmp_path: Path, layout: Layout) -> None:
    (tmp_path / "config").write_text(CONFIG.replace("MORE", "").replace("USER", "token: secret"))
    provider = KubeconfigProvider(tmp_path / "config", "c")
    endpoint = await provider.ensure("hub", "v1.36.0")
    assert (endpoint.server, endpoint.token, endpoint.client_key_pem) == ("https://k.test", "secret", "")
    with pytest.raises(UserError, match="cluster hub is somebody else's and is not deleted"):
        await provider.remove("hub")
    found = chosen(layout, HubChoice("kubeconfig", tmp_path / "config"))
    assert found is not None
    found._endpoint = endpoint
    assert found.kubeconfig()["users"] == [{"name": "hub-admin", "user": {"token": "secret"}}]
    await found.close()


async def test_an_api_server_without_its_programs_is_told(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/none")
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    provider = EnvtestProvider(layout)
    with pytest.raises(UserError, match=r"kube-apiserver and etcd are neither in \$KUBEBUILDER_ASSETS nor on the PATH"):
        await provider.ensure("hub", "v1.36.0")
    assert not (layout.clusters / "hub").exists()
    await provider.remove("hub")
