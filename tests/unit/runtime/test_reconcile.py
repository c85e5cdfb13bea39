"""Controllers: workers over a keyed queue."""

import asyncio

from dokaseca.runtime.backoff import Backoff
from dokaseca.runtime.reconcile import Controller, Result
from dokaseca.runtime.supervise import Supervisor


async def test_a_failing_key_is_retried_and_does_not_stop_the_others() -> None:
    seen: list[str] = []
    healed = asyncio.Event()

    async def reconcile(key: str) -> Result:
        seen.append(key)
        if key == "bad" and seen.count("bad") < 3:
            raise RuntimeError("no luck")
        if key == "bad":
            healed.set()
        return Result()

    controller = Controller("test", reconcile, workers=1, backoff=Backoff(first_seconds=0.001))
    async with Supervisor("test") as tasks:
        tasks.start("controller", controller.run())
        controller.enqueue("bad")
        controller.enqueue("good")
        await asyncio.wait_for(healed.wait(), 5)
    assert seen[:2] == ["bad", "good"]
    assert seen.count("bad") == 3


async def test_a_result_may_ask_to_be_called_again() -> None:
    calls: list[str] = []
    twice = asyncio.Event()

    async def reconcile(key: str) -> Result:
        calls.append(key)
        if len(calls) == 2:
            twice.set()
            return Result()
        return Result(requeue_after_seconds=0.001)

    controller = Controller("test", reconcile)
    async with Supervisor("test") as tasks:
        tasks.start("controller", controller.run())
        controller.enqueue("a")
        await asyncio.wait_for(twice.wait(), 5)


def test_backoff_grows_to_its_limit_and_stays_there() -> None:
    backoff = Backoff(first_seconds=1, factor=2, limit_seconds=10)
    assert [backoff.delay_seconds(attempt) for attempt in (0, 1, 2, 3, 4, 5_000)] == [1, 2, 4, 8, 10, 10]


async def test_a_failed_task_is_reported_and_leaving_cancels_the_rest() -> None:
    ended = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def failing() -> None:
        raise ValueError("broken")

    async with Supervisor("test") as tasks:
        tasks.start("endless", endless())
        tasks.start("failing", failing())
        await asyncio.wait_for(tasks.failed.wait(), 5)
        assert isinstance(tasks.failure, ValueError)
    assert ended.is_set()
