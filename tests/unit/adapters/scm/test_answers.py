"""Answers that are shared."""

from __future__ import annotations

import asyncio

import pytest
from tests.fakes import virtual_time

from dokaseca.adapters.scm import answers as module
from dokaseca.adapters.scm.answers import QUESTION_SECONDS, Answers
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import TransientError


class Work:
    """Counts how often it is done; waits for `gate` where there is one."""

    def __init__(self) -> None:
        self.count = 0
        self.gate: asyncio.Event | None = None
        self.failure: TransientError | None = None

    async def __call__(self) -> int:
        self.count += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return self.count


async def test_an_answer_serves_until_it_is_too_old() -> None:
    clock, work = FakeClock(), Work()
    answers = Answers(clock)
    assert [await answers.ask("q", 60, work) for _ in range(3)] == [1, 1, 1]
    assert await answers.ask("other", 60, work) == 2
    clock.advance(60)
    assert await answers.ask("q", 60, work) == 1
    clock.advance(1)
    assert await answers.ask("q", 60, work) == 3
    clock.advance(1)
    assert await answers.ask("q", 0, work) == 4, "who asks for a refresh gets one"


async def test_many_who_ask_at_once_ask_the_forge_once() -> None:
    clock, work = FakeClock(), Work()
    work.gate = asyncio.Event()
    answers = Answers(clock)
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(answers.ask("q", 60, work)) for _ in range(20)]
        await asyncio.sleep(0)
        work.gate.set()
    assert {one.result() for one in asked} == {1}
    assert work.count == 1


async def test_who_asks_for_a_refresh_is_not_given_what_was_begun_before() -> None:
    clock, work = FakeClock(), Work()
    work.gate = asyncio.Event()
    answers = Answers(clock)
    first = asyncio.ensure_future(answers.ask("q", 60, work))
    await asyncio.sleep(0)
    clock.advance(5)
    second = asyncio.ensure_future(answers.ask("q", 0, work))
    await asyncio.sleep(0)
    work.gate.set()
    assert (await first, await second) == (1, 2)


async def test_a_failure_is_shared_by_who_waits_and_by_nobody_later() -> None:
    clock, work = FakeClock(), Work()
    work.gate, work.failure = asyncio.Event(), TransientError("the forge is down")
    answers = Answers(clock)
    asked = [asyncio.ensure_future(answers.ask("q", 60, work)) for _ in range(5)]
    await asyncio.sleep(0)
    clock.advance(30)
    work.gate.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert {str(one) for one in results} == {"the forge is down"}
    assert work.count == 1
    work.failure = None
    assert await answers.ask("q", 60, work) == 2


async def test_one_who_gives_up_leaves_the_others_their_answer() -> None:
    work = Work()
    work.gate = asyncio.Event()
    answers = Answers(FakeClock())
    first, second = (asyncio.ensure_future(answers.ask("q", 60, work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    work.gate.set()
    assert await second == 2
    with pytest.raises(asyncio.CancelledError):
        await first


def test_a_question_has_a_time_limit() -> None:
    async def scenario() -> None:
        answers = Answers(virtual_time.LoopClock())
        started = asyncio.get_running_loop().time()
        with pytest.raises(TransientError, match="did not answer everything within 300 s") as caught:
            await answers.ask("q", 60, asyncio.Event().wait)
        assert caught.value.reason == "ForgeSlow"
        assert asyncio.get_running_loop().time() - started == pytest.approx(QUESTION_SECONDS)

    virtual_time.run(scenario())


async def test_answers_that_nobody_wants_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    work = Work()
    answers = Answers(FakeClock())
    for key in ("a", "b", "a", "c", "a"):
        await answers.ask(key, 60, work)
    assert work.count == 3, "a was wanted again and again"
    await answers.ask("b", 60, work)
    assert work.count == 4
