"""The process may die between any two writes: a new one brings the same platform to the same state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.corridor import objects
from tests.corridor.world import World

from dokaseca.flow.audit import chain
from dokaseca.model.identity import ObjectKey

MOST_WRITES = 40  # more than one sync makes: the loops end long before


def files() -> dict[str, Any]:
    """A hook, three waves, and an object that is pruned by the second commit."""
    named = objects.job("", hook="PostSync")
    named["metadata"] = {"generateName": "report-", "annotations": named["metadata"]["annotations"]}
    return {
        "app/pre.yaml": objects.job("pre", hook="PreSync"),
        "app/early.yaml": objects.config_map("early", sync_wave="-1"),
        "app/web.yaml": objects.deployment("web"),
        "app/late.yaml": objects.config_map("late", sync_wave="1"),
        "app/post.yaml": named,
    }


class Killer:
    """Kills the engine at its n-th write from now on: before the write happens, or before its answer arrives."""

    def __init__(self, world: World, number: int, *, answered: bool) -> None:
        self._world = world
        self._left = number
        self.happened = asyncio.Event()
        client = world.hub.engine_client
        if answered:
            client.after = self._count
        else:
            client.before = self._count

    def _count(self, verb: str, key: ObjectKey) -> None:
        self._left -= 1
        if self._left < 0:
            self.happened.set()
            self._world.kill_engine()
            self._world.notice()
            raise asyncio.CancelledError


async def survive(world: World, number: int, *, answered: bool) -> bool:
    """Deploy with a kill at write `number`, start again and settle; whether the kill happened at all."""
    repository = world.repository(files=files())
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    killer = Killer(world, number, answered=answered)
    settled = asyncio.ensure_future(world.settled())
    killed = asyncio.ensure_future(killer.happened.wait())
    await asyncio.wait([settled, killed], return_when=asyncio.FIRST_COMPLETED)
    happened = killer.happened.is_set()
    killed.cancel()
    await asyncio.wait([killed])
    if happened:
        await world.stop_engine()
        world.forget_faults()
        await world.start_engine()
    await settled
    await world.ended("web", "Succeeded")
    await world.idle()
    return happened


def check(world: World) -> None:
    """Everything is there, once."""
    status, hub = world.status(), world.hub
    assert hub.names(objects.CONFIG_MAP) == ["early", "late"]
    assert hub.names(objects.DEPLOYMENT) == ["web"]
    assert len(hub.names(objects.JOB)) == 2
    assert (world.sync(), world.health()) == ("Synced", "Healthy")
    assert [one["id"] for one in status["history"]] == [0]
    assert "conditions" not in status
    assert hub.first("healthy", "Job", "pre") < hub.first("added", "ConfigMap", "early")
    assert hub.first("healthy", "Deployment", "web") < hub.first("added", "ConfigMap", "late")
    assert [one["name"] for one in status["resources"]] == ["early", "late", "web"]
    results = status["operationState"]["syncResult"]["resources"]
    assert len({(one["kind"], one["name"], one["syncPhase"]) for one in results}) == len(results) == 5


@pytest.mark.parametrize("answered", [False, True], ids=("before a write", "before its answer"))
async def test_a_sync_survives_a_kill_at_every_write(tmp_path: Path, answered: bool) -> None:
    happened, number = True, 0
    while happened:
        async with World(tmp_path / str(number)) as world:
            happened = await survive(world, number, answered=answered)
            check(world)
            trail = (world.folder / "audit.jsonl").read_bytes().splitlines()
            assert chain.verify(trail) in (2, 3)  # begun and ended; one of them again, as each comes before its status
        number += 1
        assert number < MOST_WRITES
    assert number > 8


@pytest.mark.parametrize("answered", [False, True], ids=("before a write", "before its answer"))
async def test_a_prune_survives_a_kill_at_every_write(tmp_path: Path, answered: bool) -> None:
    happened, number = True, 0
    while happened:
        async with World(tmp_path / str(number)) as world:
            repository = world.repository(files={"app/a.yaml": [objects.config_map("a"), objects.deployment("web")]})
            await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
            await world.settled()
            await world.idle()
            killer = Killer(world, number, answered=answered)
            commit = repository.commit({"app/a.yaml": objects.config_map("a", "2")})
            await world.until(
                lambda killer=killer, commit=commit: killer.happened.is_set() or world.is_settled("web", commit)
            )
            happened = killer.happened.is_set()
            if happened:
                await world.stop_engine()
                world.forget_faults()
                await world.start_engine()
            await world.settled("web", commit)
            await world.idle()
            assert world.hub.names(objects.DEPLOYMENT) == []
            assert [one["id"] for one in world.status()["history"]] == [0, 1]
        number += 1
        assert number < MOST_WRITES
    assert number > 3


@pytest.mark.parametrize("answered", [False, True], ids=("before a write", "before its answer"))
async def test_a_deletion_survives_a_kill_at_every_write(tmp_path: Path, answered: bool) -> None:
    happened, number = True, 0
    while happened:
        async with World(tmp_path / str(number)) as world:
            repository = world.repository(files={"app/a.yaml": [objects.config_map("a"), objects.deployment("web")]})
            application = objects.application("web", repository.url, syncPolicy=objects.AUTOMATED)
            application["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
            await world.deploy(application)
            killer = Killer(world, number, answered=answered)
            await world.until(lambda killer=killer: killer.happened.is_set() or world.operation())
            await world.hub.client.delete(objects.APPLICATION, "argocd", "web")
            await world.until(lambda killer=killer: killer.happened.is_set() or not world.app())
            happened = killer.happened.is_set()
            if happened:
                await world.stop_engine()
                world.forget_faults()
                await world.start_engine()
            await world.until(lambda: not world.app())
            await world.idle()
            assert world.hub.names(objects.CONFIG_MAP) == world.hub.names(objects.DEPLOYMENT) == []
        number += 1
        assert number < MOST_WRITES
    assert number > 3
