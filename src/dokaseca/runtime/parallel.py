"""The same work for many things, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def each(items: Iterable[A], work: Callable[[A], Awaitable[B]], *, width: int) -> list[B]:
    """What `work` gives for each of `items`, in their order; at most `width` are under way.

    The first error ends all of it, and is raised as it is.
    """
    waiting = enumerate(items)
    found: dict[int, B] = {}

    async def worker() -> None:
        for place, item in waiting:
            found[place] = await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(width):
                group.create_task(worker())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [found[place] for place in sorted(found)]
