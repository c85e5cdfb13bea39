"""The same work for many things."""

from __future__ import annotations

import asyncio

import pytest

from dokaseca.runtime import parallel


async def test_results_keep_the_order_of_what_they_are_for() -> None:
    async def late_first(number: int) -> int:
        for _ in range(10 - number):
            await asyncio.sleep(0)
        return number * number

    assert await parallel.each(range(10), late_first, width=4) == [number * number for number in range(10)]
    assert await parallel.each([], late_first, width=4) == []


async def test_no_more_than_the_width_are_under_way() -> None:
    under_way, most = 0, 0

    async def work(_: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    await parallel.each(range(20), work, width=3)
    assert most == 3


async def test_the_first_error_is_raised_as_it_is_and_ends_the_others() -> None:
    ended: list[int] = []

    async def work(number: int) -> None:
        if number == 2:
            raise ValueError("two")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    with pytest.raises(ValueError, match=r"^two$"):
        await parallel.each(range(100), work, width=3)
    assert sorted(ended) == [0, 1], "what had not begun never begins"
