from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.fakes import virtual_time
from tests.unit.wiring.views import DEV, HUB, application, snapshot

from dokaseca.adapters import memory
from dokaseca.wiring.convergence import QUIET_SECONDS, Convergence
from dokaseca.wiring.overview import Snapshot, UpOutcome
from dokaseca.wiring.settings import Progress


class Engine:
    """What a test lets the engine hold and do."""

    def __init__(self) -> None:
        self.is_idle = True
        self.held = snapshot(application("a"))
        self.changed = asyncio.Event()
        self.told: list[Progress] = []

    def snapshot(self) -> Snapshot:
        return self.held

    def becomes(self, held: Snapshot) -> None:
        self.held = held
        self.changed.set()

    async def wait(self, timeout_seconds: float = 60.0) -> UpOutcome:
        started = asyncio.get_running_loop().time()
        convergence = Convergence(self, ["hub"], started)
        return await convergence.wait(self.changed, self.told.append, timeout_seconds)


def play(scenario: Callable[[Engine], Awaitable[None]]) -> None:
    async def run() -> None:
        await scenario(Engine())

    virtual_time.run(run())


def test_what_is_converged_ends_once_it_stays_so() -> None:
    async def scenario(engine: Engine) -> None:
        outcome = await engine.wait()
        assert outcome.converged
        assert outcome.seconds == pytest.approx(QUIET_SECONDS, abs=0.15)
        assert outcome.memory_bytes > 0

    play(scenario)


def test_events_that_are_still_coming_are_waited_for() -> None:
    async def scenario(engine: Engine) -> None:
        async def events() -> None:
            for _ in range(50):
                engine.changed.set()
                await asyncio.sleep(0.2)

        async with asyncio.TaskGroup() as group:
            group.create_task(events())
            outcome = await engine.wait()
        assert outcome.seconds == pytest.approx(9.8 + QUIET_SECONDS, abs=0.2)

    play(scenario)


def test_work_that_is_under_way_is_waited_for() -> None:
    async def scenario(engine: Engine) -> None:
        engine.is_idle = False
        asyncio.get_running_loop().call_later(5.0, setattr, engine, "is_idle", True)
        outcome = await engine.wait()
        assert outcome.seconds == pytest.approx(5.0, abs=0.2)

    play(scenario)


def test_when_the_time_is_over_the_reasons_are_told() -> None:
    async def scenario(engine: Engine) -> None:
        engine.held = snapshot(application("a", "OutOfSync"))
        outcome = await engine.wait(timeout_seconds=10.0)
        assert not outcome.converged
        assert outcome.reasons == ("application a is OutOfSync and Healthy",)
        assert outcome.seconds == pytest.approx(10.0, abs=0.15)

    play(scenario)


def test_the_time_began_before_the_waiting() -> None:
    async def scenario(engine: Engine) -> None:
        convergence = Convergence(engine, ["hub"], started=asyncio.get_running_loop().time() - 30.0)
        engine.held = snapshot(application("a", "OutOfSync"))
        outcome = await convergence.wait(engine.changed, engine.told.append, 40.0)
        assert outcome.seconds == pytest.approx(40.0, abs=0.15)
        assert asyncio.get_running_loop().time() == pytest.approx(10.0, abs=0.15)

    play(scenario)


def test_each_cluster_has_the_time_since_when_it_has_been_ready() -> None:
    async def scenario(engine: Engine) -> None:
        both = {"secrets": [HUB, DEV]}
        ready, busy = application("dev-a", cluster="dev"), application("dev-a", "OutOfSync", cluster="dev")
        engine.held = snapshot(application("a"), ready, **both)
        loop = asyncio.get_running_loop()
        loop.call_later(1.02, engine.becomes, snapshot(application("a"), busy, **both))
        engine.is_idle = False
        loop.call_later(4.02, engine.becomes, snapshot(application("a"), ready, **both))
        loop.call_later(6.02, setattr, engine, "is_idle", True)
        outcome = await engine.wait()
        assert [(row.cluster, row.time) for row in outcome.rows] == [("hub", "0.0s"), ("dev", "4.1s")]

    play(scenario)


def test_progress_counts_applications_and_clusters() -> None:
    async def scenario(engine: Engine) -> None:
        engine.held = snapshot(application("a"), application("b", "OutOfSync", project="addons"))
        await engine.wait(timeout_seconds=1.0)
        assert set(engine.told) == {Progress("applications ready", "1 cluster", 1, 2)}
        engine.told.clear()
        engine.held = snapshot(application("a"), secrets=[HUB, DEV])
        await engine.wait()
        assert set(engine.told) == {Progress("applications ready", "2 clusters", 1, 1)}

    play(scenario)


def test_the_peak_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = iter([5, 9, 7])
    monkeypatch.setattr(memory, "resident_bytes", lambda: next(sizes))

    async def scenario(engine: Engine) -> None:
        convergence = Convergence(engine, [], 0.0)
        assert [convergence.look().memory_bytes for _ in range(3)] == [5, 9, 9]

    play(scenario)
