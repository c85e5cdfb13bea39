"""What a sync costs: twice the objects may take twice the work, and others get their turn meanwhile."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from tests.unit.flow.sync.build import HOOK, WAVE, Room, change, one, planned

from dokaseca.flow.sync import progress
from dokaseca.model.change import Change
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import OperationPhase, SyncPlan

FEW = 60


def config(number: int) -> Manifest:
    return one("ConfigMap", f"c{number:05}", data={"number": str(number)})


def in_own_wave(number: int) -> Manifest:
    return one("ConfigMap", f"c{number:05}", {WAVE: str(number)})


def definition(number: int) -> Manifest:
    names = {"kind": "Widget" if number % 2 else f"Other{number}"}
    spec = {"group": "example.com", "names": names}
    return one("CustomResourceDefinition", f"w{number:05}", {WAVE: str(number % 7)}, spec=spec)


def hook(number: int) -> Manifest:
    return one("ConfigMap", f"h{number:05}", {HOOK: "PreSync"})


class Calls:
    """Counts the calls of Python functions, comparisons of values among them: what does not depend on the machine."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Calls:
        self._before = sys.getprofile()
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)

    def _called(self, _frame: FrameType, event: str, _argument: Any) -> None:
        self.count += event == "call"


async def effort(changes: list[Change]) -> int:
    """The calls of a plan in which every object is named, and of two steps with it."""
    room = Room()
    named = tuple((str(key.group), key.kind, "", key.name) for key in (each.key for each in changes if not each.hook))
    with Calls() as calls:
        planned(*changes, resources=named)
        tasks = planned(*changes)
        for _ in range(2):
            await room.step(tasks)
    return calls.count


@pytest.mark.parametrize("made", [config, in_own_wave, definition, hook])
async def test_twice_the_objects_take_twice_the_work(made: Callable[[int], Manifest]) -> None:
    less, more = [await effort([change(made(number)) for number in range(size)]) for size in (FEW, FEW * 4)]
    assert more / less < 4.8


async def test_prunes_of_many_objects_take_no_more_than_their_share() -> None:
    less, more = [await effort([change(None, config(number)) for number in range(size)]) for size in (FEW, FEW * 4)]
    assert more / less < 4.8


async def test_others_get_their_turn_while_a_step_looks_at_many_objects() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    room, count = Room(), progress.TASKS_AT_A_TIME * 5
    tasks: SyncPlan = planned(*(change(config(number)) for number in range(count)), change(in_own_wave(9)))
    assert (await room.step(tasks)).phase is OperationPhase.SUCCEEDED
    running = asyncio.create_task(other())
    await room.step(tasks)  # everything is done: it only looks
    running.cancel()
    assert turns >= 5
