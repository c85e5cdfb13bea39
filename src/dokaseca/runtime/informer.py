"""List, then watch: a local copy of one collection that says what changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dokaseca.runtime.backoff import Backoff

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

TOMBSTONES = 1_000  # deletions remembered, so that a late answer to a write cannot bring an object back

log = logging.getLogger("dokaseca.runtime")


@dataclass(frozen=True, slots=True)
class Collection(Generic[K, T]):
    """How to read one collection.

    Attributes:
        list: all items and the position to watch from.
        watch: changes after a position, as (type, item); type is ADDED, MODIFIED, DELETED or BOOKMARK. It ends when the
            server ends it, and raises when the position is gone.
        key_of: an item's identity.
        version_of: an item's position.
    """

    list: Callable[[], Awaitable[tuple[Sequence[T], str]]]
    watch: Callable[[str], AsyncIterator[tuple[str, T]]]
    key_of: Callable[[T], K]
    version_of: Callable[[T], str]


class Informer(Generic[K, T]):
    """Keeps `items` equal to a collection.

    Args:
        name: in logs.
        collection: how to read it.
        on_change: called with (key, old or None, new or None) after `items` has the new state. A relist calls it only
            for what differs in position.
        keep: what to remember of an item (memory is per remembered byte).
    """

    def __init__(
        self,
        name: str,
        collection: Collection[K, T],
        on_change: Callable[[K, T | None, T | None], None],
        *,
        keep: Callable[[T], T] = lambda item: item,
        backoff: Backoff | None = None,
    ) -> None:
        self.name = name
        self.items: dict[K, T] = {}
        self.synced = asyncio.Event()
        self._gone: dict[K, int] = {}
        self._collection = collection
        self._on_change = on_change
        self._keep = keep
        self._backoff = backoff or Backoff(first_seconds=0.05, limit_seconds=10.0)

    def observe(self, item: T) -> None:
        """Take in what a write of our own returned, ahead of the watch; older than what is known, it is ignored."""
        key = self._collection.key_of(item)
        if self._position(item) > max(self._position(self.items.get(key)), self._gone.get(key, 0)):
            self._set(key, self._keep(item))

    def observe_gone(self, key: K) -> None:
        """Take in that an item was seen to be gone, ahead of the watch."""
        old = self.items.get(key)
        if old is not None:
            self._remember_gone(key, self._position(old))
            self._set(key, None)

    async def run(self) -> None:
        """List and watch until cancelled; errors are retried with backoff, `items` keeps the last good state."""
        attempt = 0
        while True:
            try:
                position = await self._relist()
                self.synced.set()
                attempt = 0
                await self._follow(position)
            except Exception as error:  # any error means: the position may be lost, list again
                delay = self._backoff.delay_seconds(attempt)
                attempt += 1
                log.debug("informer lists again", extra={"fields": {"informer": self.name, "error": str(error)}})
                await asyncio.sleep(delay)

    async def _relist(self) -> str:
        listed, position = await self._collection.list()
        found = {self._collection.key_of(item): self._keep(item) for item in listed}
        for key in [key for key in self.items if key not in found]:
            self._set(key, None)
        for key, item in found.items():
            old = self.items.get(key)
            if old is None or self._collection.version_of(old) != self._collection.version_of(item):
                self._set(key, item)
        return position

    async def _follow(self, position: str) -> None:
        while True:
            is_silent = True
            async for kind, item in self._collection.watch(position):
                is_silent = False
                position = self._collection.version_of(item) or position
                self._take(kind, item)
            if is_silent:  # a server that ends watches at once must not be asked in a tight loop
                await asyncio.sleep(self._backoff.first_seconds)

    def _take(self, kind: str, item: T) -> None:
        if kind == "BOOKMARK":
            return
        key = self._collection.key_of(item)
        if kind == "DELETED":
            self._remember_gone(key, self._position(item))
            self._set(key, None)
        elif self._position(item) >= self._position(self.items.get(key)):
            self._set(key, self._keep(item))

    def _position(self, item: T | None) -> int:
        """A version as a number: Kubernetes guarantees that resourceVersions of one kind compare as integers."""
        version = "" if item is None else self._collection.version_of(item)
        return int(version) if version.isdigit() else 0

    def _remember_gone(self, key: K, position: int) -> None:
        self._gone[key] = position
        if len(self._gone) > TOMBSTONES:
            self._gone.pop(next(iter(self._gone)))

    def _set(self, key: K, item: T | None) -> None:
        old = self.items.get(key)
        if item is None:
            if self.items.pop(key, None) is None:
                return
        else:
            self.items[key] = item
            if old is not None and self._collection.version_of(old) == self._collection.version_of(item):
                return
        self._on_change(key, old, item)
