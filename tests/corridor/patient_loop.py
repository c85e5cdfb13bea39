"""An event loop that skips the waits between timers, but waits for real work (git, Helm, Kustomize) to end."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 1, 1, tzinfo=UTC)


class PatientLoop(asyncio.SelectorEventLoop):
    """Real time plus everything that was skipped. Time is skipped only while no `work` is under way."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._origin = time.monotonic()
        self._busy = 0
        selector = selectors.DefaultSelector()
        real = selector.select

        def select(timeout: float | None = None) -> Any:
            if self._busy or timeout is None:
                return real(timeout)
            ready = real(0)
            if not ready:
                self._skipped += max(0.0, timeout)
            return ready

        selector.select = select  # type: ignore[method-assign]
        super().__init__(selector)

    def time(self) -> float:
        return time.monotonic() - self._origin + self._skipped

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Threads do real work."""
        self._busy += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._worked)
        return future

    def _worked(self, _: object) -> None:
        self._busy -= 1

    @contextmanager
    def work(self) -> Iterator[None]:
        """Nothing is skipped inside."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1


class LoopClock:
    """A `Clock` that follows the running loop."""

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    def monotonic_seconds(self) -> float:
        return asyncio.get_running_loop().time()


class Patient:
    """Any door whose coroutine methods do real work: the loop waits for them.

    Attributes:
        calls: how often each of them was called.
    """

    def __init__(self, door: Any) -> None:
        self._door = door
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._door, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def call(*args: Any, **kwargs: Any) -> Any:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, PatientLoop)
            self.calls[name] += 1
            with loop.work():
                return await found(*args, **kwargs)

        return call
