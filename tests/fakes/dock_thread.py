"""A dock that runs in a thread of its own, as it runs in a process of its own in life."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TypeVar

from dokaseca.dock.dock import Dock

T = TypeVar("T")


class DockThread:
    """Owns an event loop; `run` is called from other threads."""

    def __init__(self) -> None:
        self.dock = Dock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dock")
        self._thread.start()

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work()` gives, in the dock's thread."""
        return self.start(work).result(30)

    def start(self, work: Callable[[], Awaitable[T]]) -> Future[T]:
        """`work()` under way in the dock's thread."""

        async def call() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(call(), self._loop)

    def stop(self) -> None:
        """Take everything down, once the last client's leaving has been noticed."""
        self.run(self._clients_gone)
        self.run(self.dock.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _clients_gone(self) -> None:
        listeners = [cluster._listener for cluster in self.dock.clusters.values()]
        async with asyncio.timeout(10):
            while any(one._web.connections for one in listeners):  # noqa: ASYNC110 - nothing tells when it is so
                await asyncio.sleep(0.005)
