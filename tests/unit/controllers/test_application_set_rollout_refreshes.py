from __future__ import annotations

from typing import Any

from tests.fakes.cluster import FakeCluster

from dokaseca.controllers.application_set_recorder import Recorder
from dokaseca.controllers.application_set_rollout_refreshes import REFRESH_SECONDS, Refreshes
from dokaseca.controllers.application_set_writes import Writes
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests

ANNOTATION = applications.REFRESH_ANNOTATION


async def refreshes() -> tuple[FakeCluster, FakeClock, Refreshes]:
    hub, clock = FakeCluster([applications.GVK]), FakeClock()
    for name in ("a", "b"):
        metadata = {"name": name, "namespace": "argocd"}
        await hub.create({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata})
    writes = Writes(hub, lambda manifest: None, Recorder(hub, clock))
    return hub, clock, Refreshes(writes, clock)


def asked(hub: FakeCluster) -> list[str]:
    found = [one for one in hub.of_kind("Application") if ANNOTATION in manifests.annotations(one)]
    return [manifests.name(one) for one in found]


async def answer(hub: FakeCluster, name: str) -> None:
    patch: dict[str, Any] = {"metadata": {"annotations": {ANNOTATION: None}}}
    await hub.patch(applications.GVK, "argocd", name, patch)


async def test_only_the_named_are_refreshed_and_none_of_them_twice() -> None:
    hub, _, refresh = await refreshes()
    await refresh.ask(hub.of_kind("Application"), frozenset(("b", "gone")))
    assert asked(hub) == ["b"]
    writes = len(hub.writes)
    await refresh.ask(hub.of_kind("Application"), frozenset(("b",)))
    assert len(hub.writes) == writes, "it is about to be looked at"


async def test_one_that_was_looked_at_a_moment_ago_is_let_be_for_a_while() -> None:
    hub, clock, refresh = await refreshes()
    await refresh.ask(hub.of_kind("Application"), frozenset("a"))
    await answer(hub, "a")
    await refresh.ask(hub.of_kind("Application"), frozenset("a"))
    assert asked(hub) == []
    clock.advance(REFRESH_SECONDS)
    await refresh.ask(hub.of_kind("Application"), frozenset("a"))
    assert asked(hub) == ["a"]


async def test_one_that_went_meanwhile_does_not_stop_the_others() -> None:
    hub, _, refresh = await refreshes()
    both = hub.of_kind("Application")
    await hub.delete(applications.GVK, "argocd", "a")
    await refresh.ask(both, frozenset(("a", "b")))
    assert asked(hub) == ["b"]
