from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dokaseca.model.errors import ConflictError, TransientError, UserError
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.overview import UpOutcome
from dokaseca.wiring.settings import Progress, UpOptions
from dokaseca.wiring.up import _first, up

PLATFORM = """
apiVersion: dokaseca.dev/v1alpha1
kind: Platform
metadata: {name: small}
spec:
  hub: {environment: control-plane}
  clusters: []
"""


class Listener:
    """What was told; `stop` is set once the outcome is."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.outcomes: list[UpOutcome] = []
        self.stop = asyncio.Event()

    def progress(self, progress: Progress) -> None:
        self.steps.append(progress.step)

    def outcome(self, outcome: UpOutcome) -> None:
        self.outcomes.append(outcome)
        self.stop.set()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "platform").mkdir()
    (tmp_path / "platform" / "platform.yaml").write_text(PLATFORM)
    return tmp_path / "platform"


async def test_a_platform_comes_up_and_comes_up_again_as_it_was(folder: Path) -> None:
    first, again = Listener(), Listener()
    outcome = await up(UpOptions(folder, once=True), first, asyncio.Event())
    assert outcome.converged, outcome.reasons
    assert first.outcomes == [outcome]
    assert list(dict.fromkeys(first.steps)) == ["hub is up", "repositories", "bridge", "engine", "applications ready"]
    layout = layouts.prepare(folder)
    ports = layouts.read_ports(layout)
    assert set(ports) == {"hub", "web"}
    assert layouts.running_pid_or_none(layout) is None

    outcome = await up(UpOptions(folder), again, again.stop)  # goes on until it is told to stop
    assert outcome.converged, outcome.reasons
    assert layouts.read_ports(layout) == ports
    assert [row.cluster for row in outcome.rows] == ["hub"]


async def test_it_stops_when_it_is_told_to_before_it_has_converged(folder: Path) -> None:
    listener = Listener()
    listener.stop.set()
    outcome = await up(UpOptions(folder), listener, listener.stop)
    assert not outcome.converged
    assert outcome.reasons
    assert listener.outcomes == [outcome]


async def test_a_platform_that_runs_is_not_started_again(folder: Path) -> None:
    with layouts.locked(layouts.prepare(folder)), pytest.raises(ConflictError, match="another process"):
        await up(UpOptions(folder), Listener(), asyncio.Event())


async def test_a_wrong_platform_file_starts_nothing(folder: Path) -> None:
    (folder / "platform.yaml").write_text("kind: Other")
    listener = Listener()
    with pytest.raises(UserError, match=r"platform\.yaml:1:"):
        await up(UpOptions(folder), listener, asyncio.Event())
    assert listener.steps == []
    assert not (folder / "repos").exists()


# --- what is waited for ---------------------------------------------------------------------------------------------


async def forever() -> str:
    await asyncio.Event().wait()
    return "never"


async def fails(message: str = "broken") -> None:
    raise ValueError(message)


async def test_work_that_ends_gives_what_it_returns() -> None:
    async with Supervisor("test") as tasks:
        assert await _first(asyncio.Event(), tasks, asyncio.sleep(0, "done")) == "done"


async def test_work_that_fails_fails() -> None:
    async with Supervisor("test") as tasks:
        with pytest.raises(ValueError, match="broken"):
            await _first(asyncio.Event(), tasks, fails())


async def test_being_told_to_stop_ends_the_work() -> None:
    stop = asyncio.Event()
    ended = asyncio.Event()

    async def work() -> str:
        try:
            return await forever()
        finally:
            ended.set()

    async with Supervisor("test") as tasks:
        asyncio.get_running_loop().call_soon(stop.set)
        assert await _first(stop, tasks, work()) is None
    assert ended.is_set()


async def test_a_part_that_fails_ends_the_platform_with_a_sentence() -> None:
    async with Supervisor("test") as tasks:
        tasks.start("part", fails("the disk is gone"))
        with pytest.raises(TransientError, match="a part of the platform has failed: the disk is gone; start it again"):
            await _first(asyncio.Event(), tasks, forever())
