"""A controller: workers that bring one key at a time to what it should be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from dokaseca.runtime.backoff import Backoff
from dokaseca.runtime.queue import KeyedQueue

K = TypeVar("K", bound=Hashable)

log = logging.getLogger("dokaseca.runtime")


@dataclass(frozen=True, slots=True)
class Result:
    """What a reconcile asks for: nothing, or to be called again after some seconds."""

    requeue_after_seconds: float | None = None


class Controller(Generic[K]):
    """Feeds keys to a level-triggered `reconcile`; what it raises is logged once and retried with backoff.

    Args:
        name: in logs.
        reconcile: reads the state that `key` names and moves it one step; must be idempotent.
        workers: how many keys are worked on at once.
        backoff: between failures of one key.
    """

    def __init__(
        self,
        name: str,
        reconcile: Callable[[K], Awaitable[Result]],
        *,
        workers: int = 4,
        backoff: Backoff | None = None,
    ) -> None:
        self.name = name
        self.queue: KeyedQueue[K] = KeyedQueue()
        self._reconcile = reconcile
        self._workers = workers
        self._backoff = backoff or Backoff()
        self._failures: dict[K, int] = {}

    def enqueue(self, key: K) -> None:
        """Have `key` reconciled soon."""
        self.queue.add(key)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._workers):
                    group.create_task(self._work(), name=f"{self.name}-{number}")
        finally:
            self.queue.close()

    async def _work(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                await self._once(key)
            finally:
                self.queue.done(key)

    async def _once(self, key: K) -> None:
        try:
            result = await self._reconcile(key)
        except Exception as error:  # whatever one key does must not stop the others
            attempt = self._failures.get(key, 0)
            self._failures[key] = attempt + 1
            delay = self._backoff.delay_seconds(attempt)
            log.warning(
                "reconcile failed",
                exc_info=log.isEnabledFor(logging.DEBUG),
                extra={
                    "fields": {"controller": self.name, "key": str(key), "error": str(error), "retry_seconds": delay}
                },
            )
            self.queue.add_after(key, delay)
            return
        self._failures.pop(key, None)
        if result.requeue_after_seconds is not None:
            self.queue.add_after(key, result.requeue_after_seconds)
