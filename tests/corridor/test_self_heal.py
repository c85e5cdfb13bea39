"""Drift is seen by events and healed at once; a fight slows down."""

from __future__ import annotations

import asyncio

import pytest
from tests.corridor import objects
from tests.corridor.patient_loop import PatientLoop
from tests.corridor.repository import Repository
from tests.corridor.world import World

from dokaseca.flow.source import repositories

CHANGED = ("changed", "ConfigMap", "a")
SOON_SECONDS = 1.0  # far below every poll and resync
HOURS = 4


async def deployed(world: World, policy: dict[str, object]) -> Repository:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=policy))
    await world.settled()
    await world.idle()
    return repository


async def change(world: World, value: str) -> None:
    await world.hub.client.patch(objects.CONFIG_MAP, "team", "a", {"data": {"key": value}})


def value(world: World) -> str:
    return str(((world.hub.find(objects.CONFIG_MAP, "a") or {}).get("data") or {}).get("key", ""))


async def test_an_edit_is_undone_at_once(world: World) -> None:
    await deployed(world, objects.AUTOMATED)
    await change(world, "edited")
    await world.until(lambda: value(world) == "edited")
    await world.until(lambda: value(world) == "1", "healed", within_seconds=SOON_SECONDS)
    state = await world.ended()
    assert state["operation"]["sync"]["resources"] == [{"kind": "ConfigMap", "namespace": "team", "name": "a"}]
    assert state["operation"]["sync"]["autoHealAttemptsCount"] == 1
    assert len(world.status()["history"]) == 1


async def test_a_deleted_object_comes_back_at_once(world: World) -> None:
    await deployed(world, objects.AUTOMATED)
    await world.hub.client.delete(objects.CONFIG_MAP, "team", "a")
    await world.until(lambda: world.hub.names(objects.CONFIG_MAP) == ["b"])
    await world.until(lambda: world.hub.names(objects.CONFIG_MAP) == ["a", "b"], within_seconds=SOON_SECONDS)
    await world.settled()


async def test_a_removed_tracking_annotation_comes_back(world: World) -> None:
    await deployed(world, objects.AUTOMATED)
    tracking = "argocd.argoproj.io/tracking-id"
    await world.hub.client.patch(objects.CONFIG_MAP, "team", "a", {"metadata": {"annotations": {tracking: None}}})

    def tracked() -> str:
        found = world.hub.find(objects.CONFIG_MAP, "a") or {}
        return str((found["metadata"].get("annotations") or {}).get(tracking, ""))

    await world.until(lambda: not tracked())
    await world.until(tracked, "tracked again", within_seconds=SOON_SECONDS)
    assert tracked() == "web:/ConfigMap:team/a"


async def test_without_self_heal_an_edit_stays_and_shows(world: World) -> None:
    await deployed(world, {"automated": {"prune": True}})
    await change(world, "edited")
    await world.until(lambda: world.sync() == "OutOfSync", within_seconds=SOON_SECONDS)
    await world.idle()
    assert value(world) == "edited"
    await change(world, "1")
    await world.until(lambda: world.sync() == "Synced", within_seconds=SOON_SECONDS)


async def test_a_field_that_git_does_not_name_is_no_drift(world: World) -> None:
    await deployed(world, objects.AUTOMATED)
    writes = world.hub.engine_client.written("ConfigMap")
    await world.hub.client.patch(objects.CONFIG_MAP, "team", "a", {"metadata": {"labels": {"mine": "yes"}}})
    await world.until(lambda: (world.hub.find(objects.CONFIG_MAP, "a") or {})["metadata"].get("labels"))
    await world.idle()
    assert world.sync() == "Synced"
    assert world.hub.engine_client.written("ConfigMap") == writes


async def test_a_fight_slows_down_and_a_new_commit_ends_the_slowness(world: World) -> None:
    repository = await deployed(world, objects.AUTOMATED)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, PatientLoop)
    waits = []
    for turn in range(6):
        start, seen = loop.time(), world.hub.events.count(CHANGED)
        await change(world, f"edit {turn}")
        await world.until(lambda seen=seen: world.hub.events.count(CHANGED) == seen + 2, f"edited and healed {turn}")
        waits.append(loop.time() - start)
        assert value(world) == "1"
        await world.settled()
    assert max(waits[:3]) < SOON_SECONDS
    for wait, expected in zip(waits[3:], (2, 6, 18), strict=True):  # statuses tell whole seconds
        assert expected - 1.1 < wait < expected + 1.1, waits
    assert world.operation()["operation"]["sync"]["autoHealAttemptsCount"] == 6
    await world.settled("web", repository.commit({"app/a.yaml": objects.config_map("a", "2")}))
    seen = world.hub.events.count(CHANGED)
    await change(world, "edited")
    await world.until(lambda: world.hub.events.count(CHANGED) == seen + 2, within_seconds=SOON_SECONDS)
    assert value(world) == "2"


async def test_a_field_that_another_controller_wants_is_reported_and_not_fought(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two controllers that undo each other would write for ever, and load both clusters."""
    monkeypatch.setattr(repositories, "LOCAL_SECONDS", 60.0)  # nothing is committed in these hours
    await deployed(world, objects.AUTOMATED)

    async def rival() -> None:
        while True:
            await world.until(lambda: value(world) == "1", within_seconds=86_400)
            await change(world, "mine")
            await world.until(lambda: value(world) == "mine")

    fighting = asyncio.create_task(rival())
    try:
        told = await world.until(lambda: world.condition("SelfHealWarning"), "told", within_seconds=600)
        assert "ConfigMap team/a (/data/key) after every self-heal" in told
        seen = world.hub.events.count(CHANGED)
        await asyncio.sleep(HOURS * 3600)
        assert world.hub.events.count(CHANGED) - seen <= 2 * (HOURS + 12)  # a try per hour, after a dozen
        assert world.sync() == "OutOfSync"
    finally:
        fighting.cancel()
    await world.until(lambda: value(world) == "1", "peace", within_seconds=3700)
    await world.until(lambda: not world.condition("SelfHealWarning"), "untold", within_seconds=3700)
