"""Nothing changed costs nothing."""

from __future__ import annotations

import asyncio

from tests.corridor import objects
from tests.corridor.repository import Repository
from tests.corridor.world import World


def passes(world: World) -> int:
    """How often an Application was looked at: every pass asks the cluster's version once."""
    return world.hub.engine_client.calls["version"]


async def deployed(world: World) -> Repository:
    files = {
        "app/a.yaml": [objects.config_map("a"), objects.deployment("web")],
        "other/b.yaml": objects.config_map("b"),
    }
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await world.idle()
    return repository


async def test_a_deployment_takes_few_passes_and_few_writes(world: World) -> None:
    await deployed(world)
    assert world.hub.engine_client.written("ConfigMap") == 1
    assert world.hub.engine_client.written("Deployment") == 1
    assert world.hub.engine_client.written("Application") <= 5  # begun, ended, and the rollout as it proceeds
    assert passes(world) <= 8


async def test_at_rest_nothing_is_written_and_nothing_loops(world: World) -> None:
    await deployed(world)
    writes, looks = len(world.hub.engine_client.writes), passes(world)
    await asyncio.sleep(100)
    assert passes(world) == looks
    await asyncio.sleep(3600)
    assert 15 <= passes(world) - looks <= 21  # one every 180 s
    assert len(world.hub.engine_client.writes) == writes


async def test_a_restart_writes_nothing(world: World) -> None:
    await deployed(world)
    await world.stop_engine()
    writes = len(world.hub.engine_client.writes)
    await world.start_engine()
    await world.idle()
    assert passes(world) > 0
    assert len(world.hub.engine_client.writes) == writes


async def test_a_commit_that_touches_something_else_is_one_status(world: World) -> None:
    repository = await deployed(world)
    client = world.hub.engine_client
    writes, looks = client.written("Application"), passes(world)
    commit = repository.commit({"other/b.yaml": objects.config_map("b", "2")})
    await world.settled("web", commit)
    await world.idle()
    assert client.written("Application") == writes + 1
    assert passes(world) == looks + 1
    assert len(world.status()["history"]) == 1


async def test_live_changes_that_say_nothing_new_are_no_status(world: World) -> None:
    await deployed(world)
    writes = world.hub.engine_client.written("Application")
    for turn in range(5):
        labels = {"metadata": {"labels": {"turn": str(turn)}}}
        await world.hub.client.patch(objects.DEPLOYMENT, "team", "web", labels)
    await world.idle()
    assert world.hub.engine_client.written("Application") == writes


async def test_many_live_changes_are_few_passes(world: World) -> None:
    await deployed(world)
    looks = passes(world)
    for turn in range(50):
        labels = {"metadata": {"labels": {"turn": str(turn)}}}
        await world.hub.client.patch(objects.CONFIG_MAP, "team", "a", labels)
    await world.idle()
    assert passes(world) - looks <= 3
