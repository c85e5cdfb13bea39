"""Where the time of an Application's last pass went, room by room: kept in memory, never written to the cluster."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dokaseca.model.identity import NamespacedName
from dokaseca.ports.object_store import ObjectStore

log = logging.getLogger("dokaseca.timing")


@dataclass(slots=True)
class Timing:
    """One pass.

    Attributes:
        seconds: by room, in the order in which they were left; waiting for other passes counts too.
        cache_hits: sources that were not rendered again.
        cache_misses: sources that were rendered and kept.
        is_complete: whether the pass reached its end; else the room after the last one raised an error, or runs.
    """

    key: NamespacedName
    now: Callable[[], float]
    seconds: dict[str, float] = field(default_factory=dict)
    cache_hits: int = 0
    cache_misses: int = 0
    is_complete: bool = False
    _since: float = 0.0

    def __post_init__(self) -> None:
        self._since = self.now()

    def left(self, room: str) -> None:
        """A room is done: what passed since the one before was its time; a room entered twice adds up.

        All that happens between two calls counts somewhere, so the rooms sum up to the pass: no time is unexplained.
        """
        now = self.now()
        self.seconds[room] = self.seconds.get(room, 0.0) + now - self._since
        self._since = now

    def end(self) -> None:
        """The pass is over."""
        self.is_complete = True
        log.debug("pass", extra={"fields": {"application": str(self.key), **self.fields()}})

    def fields(self) -> Mapping[str, float | int]:
        """For logs and metrics: seconds by room, their sum, and how the cache of rendered manifests served."""
        rooms = {f"{room}_seconds": round(seconds, 6) for room, seconds in self.seconds.items()}
        total = round(sum(self.seconds.values()), 6)
        return {**rooms, "total_seconds": total, "cache_hits": self.cache_hits, "cache_misses": self.cache_misses}


@dataclass(frozen=True, slots=True)
class Timings:
    """The last pass of every Application; one small entry each."""

    last: dict[NamespacedName, Timing] = field(default_factory=dict)

    def begin(self, key: NamespacedName, now: Callable[[], float]) -> Timing:
        """A pass starts; it replaces the one before."""
        timing = self.last[key] = Timing(key, now)
        return timing

    def fields_or_none(self, key: NamespacedName) -> Mapping[str, float | int] | None:
        """`Timing.fields` of the last pass; None where there was none."""
        timing = self.last.get(key)
        return timing.fields() if timing is not None else None

    def forget(self, key: NamespacedName) -> None:
        """The Application is gone."""
        self.last.pop(key, None)

    def counting(self, key: NamespacedName, cache: ObjectStore) -> ObjectStore:
        """`cache`, with its hits and misses noted for the pass of `key`; as it is where no pass runs."""
        timing = self.last.get(key)
        return cache if timing is None or timing.is_complete else _Counted(cache, timing)


@dataclass(frozen=True, slots=True)
class _Counted:
    cache: ObjectStore
    timing: Timing

    def get_or_none(self, key: str) -> bytes | None:
        found = self.cache.get_or_none(key)
        self.timing.cache_hits += found is not None
        return found

    def put(self, key: str, value: bytes) -> None:
        self.timing.cache_misses += 1
        self.cache.put(key, value)
