"""The keyed queue."""

import asyncio

from dokaseca.runtime.queue import KeyedQueue


async def test_a_key_added_twice_is_handed_out_once() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add("a")
    queue.add("a")
    assert await queue.get() == "a"
    assert len(queue) == 0


async def test_a_key_added_while_it_is_worked_on_comes_again_after_done() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add("a")
    key = await queue.get()
    queue.add("a")
    assert len(queue) == 0
    queue.done(key)
    assert await queue.get() == "a"


async def test_keys_come_out_in_the_order_they_went_in() -> None:
    queue: KeyedQueue[int] = KeyedQueue()
    for number in (3, 1, 2):
        queue.add(number)
    assert [await queue.get() for _ in range(3)] == [3, 1, 2]


async def test_of_two_timers_for_one_key_the_earlier_counts() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add_after("a", 60)
    queue.add_after("a", 0.001)
    assert await asyncio.wait_for(queue.get(), 1) == "a"
    queue.close()


async def test_adding_at_once_drops_the_timer() -> None:
    queue: KeyedQueue[str] = KeyedQueue()
    queue.add_after("a", 0.001)
    queue.add("a")
    queue.done(await queue.get())
    await asyncio.sleep(0.005)
    assert queue.is_idle
