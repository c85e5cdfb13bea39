"""An event loop whose clock jumps to the next timer: tests wait for minutes without waiting."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2026, 1, 1, tzinfo=UTC)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Never sleeps; only for code without real I/O."""

    def __init__(self) -> None:
        self._now = 0.0
        selector = selectors.DefaultSelector()
        real = selector.select

        def select(timeout: float | None = None) -> Any:
            if timeout is None:
                raise RuntimeError("nothing is left to wait for: the test would hang")
            self._now += max(0.0, timeout)
            return real(0)

        selector.select = select  # type: ignore[method-assign]
        super().__init__(selector)

    def time(self) -> float:
        return self._now


class LoopClock:
    """A `Clock` that follows the running loop."""

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    def monotonic_seconds(self) -> float:
        return asyncio.get_running_loop().time()


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work` under virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


async def until(holds: Callable[[], bool], *, within_seconds: float = 60.0, every_seconds: float = 0.01) -> float:
    """Wait until `holds`; returns the seconds that it took.

    Raises:
        AssertionError: it did not within the time.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    while not holds():
        assert loop.time() - start < within_seconds, "it did not come true in time"
        await asyncio.sleep(every_seconds)
    return loop.time() - start
