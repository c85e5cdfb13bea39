"""Answers that are shared: who asks the same within its age gets the same, and who waits for it its failure too."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from dokaseca.kit.clock import Clock
from dokaseca.model.errors import DokaSecaError, TransientError

T = TypeVar("T")

KEPT = 50_000  # answers; most are a branch or the presence of a path
QUESTION_SECONDS = 300.0  # 500 pages of half a second each


@dataclass(slots=True)
class _Question:
    """One that is being asked; `failed_at` is when its last try ended that failed."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    failed_at: float = float("-inf")
    failure: DokaSecaError | None = None


class Answers:
    """Remembers what was answered when; `clock` tells ages."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._asked: dict[Hashable, _Question] = {}

    async def ask(self, key: Hashable, max_age_seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        """The answer to `key`, at most `max_age_seconds` older than this call; else what `work` gives.

        Raises:
            DokaSecaError: what `work` raised; nothing is kept of it but for those who are waiting by now.
            TransientError: reason ForgeSlow: `work` takes too long.
        """
        arrived = self._clock.monotonic_seconds()
        question = self._asked.setdefault(key, _Question())
        question.waiting += 1
        try:
            async with question.lock:
                kept = self._kept.get(key)
                if kept is not None and kept[0] >= arrived - max_age_seconds:
                    self._kept.move_to_end(key)
                    return cast(T, kept[1])
                if question.failure is not None and question.failed_at >= arrived:
                    raise question.failure.with_traceback(None)  # it is raised to all who wait: it must not grow
                return await self._work(key, question, work)
        finally:
            question.waiting -= 1
            if not question.waiting:
                del self._asked[key]

    async def _work(self, key: Hashable, question: _Question, work: Callable[[], Awaitable[T]]) -> T:
        began = self._clock.monotonic_seconds()
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                value = await work()
        except DokaSecaError as error:
            question.failed_at, question.failure = self._clock.monotonic_seconds(), error
            raise
        except TimeoutError as error:
            slow = TransientError(
                f"the forge did not answer everything within {QUESTION_SECONDS:.0f} s; it is tried again",
                reason="ForgeSlow",
            )
            question.failed_at, question.failure = self._clock.monotonic_seconds(), slow
            raise slow from error
        self._kept[key] = (began, value)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return value
