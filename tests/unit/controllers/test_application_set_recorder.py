from __future__ import annotations

from typing import Any

from tests.fakes.cluster import FakeCluster
from tests.unit.controllers.set_hub import EVENT

from dokaseca.controllers.application_set_recorder import BURST, REFILL_SECONDS, Recorder
from dokaseca.kit.clock import FakeClock


def about(uid: str = "u", name: str = "set") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "argocd", "uid": uid, "resourceVersion": "7"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": metadata}


async def test_an_event_says_who_what_and_when() -> None:
    hub = FakeCluster([EVENT])
    await Recorder(hub, FakeClock()).tell(about(), "created", 'created Application "a"')
    (event,) = hub.of_kind("Event")
    assert event["metadata"]["name"].startswith("set.")
    assert event["involvedObject"] == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "namespace": "argocd",
        "name": "set",
        "uid": "u",
        "resourceVersion": "7",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Normal", "created", 'created Application "a"')
    assert event["source"] == {"component": "applicationset-controller"}
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-01-01T00:00:00Z"


async def test_a_storm_is_cut_off_and_others_are_not() -> None:
    hub, clock = FakeCluster([EVENT]), FakeClock()
    recorder = Recorder(hub, clock)
    for number in range(100):
        await recorder.tell(about(), "created", f'created Application "{number}"')
    assert len(hub.of_kind("Event")) == BURST
    await recorder.tell(about("other"), "created", "x")
    assert len(hub.of_kind("Event")) == BURST + 1
    clock.advance(2 * REFILL_SECONDS)
    for _ in range(5):
        await recorder.tell(about(), "created", "again")
    assert len(hub.of_kind("Event")) == BURST + 3


async def test_long_names_and_messages_fit_what_kubernetes_takes() -> None:
    hub = FakeCluster([EVENT])
    await Recorder(hub, FakeClock()).tell(about(name="n" * 253), "created", "m" * 5000, is_warning=True)
    (event,) = hub.of_kind("Event")
    assert len(event["metadata"]["name"]) <= 253
    assert len(event["message"]) == 1024
    assert event["type"] == "Warning"


async def test_an_event_that_nobody_takes_is_no_error() -> None:
    await Recorder(FakeCluster([]), FakeClock()).tell(about(), "created", "x")
