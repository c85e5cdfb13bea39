"""Waits until a platform is Synced and Healthy, and tells how far it is on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from dokaseca.adapters import memory
from dokaseca.wiring import overview
from dokaseca.wiring.overview import Snapshot, UpOutcome
from dokaseca.wiring.settings import Progress

LOOK_SECONDS = 0.1  # a look costs a walk over all Applications: not more often than this
QUIET_SECONDS = 0.3  # the hub must stay as it is for so long: events that are under way would show
REMOTE_QUIET_SECONDS = 1.5  # the same where events come over a network, from a server that may be busy


class Worker(Protocol):
    """What is waited for: an `engine.Engine`."""

    @property
    def is_idle(self) -> bool:
        """Whether no work waits and none is under way."""
        ...

    def snapshot(self) -> Snapshot:
        """What the hub holds now."""
        ...


class Convergence:
    """Follows one start of a platform.

    Args:
        expected_clusters: names that must be registered.
        started: the beginning, as the event loop's clock (`time.monotonic`) had it.
        quiet_seconds: how long the hub must stay as it is.
    """

    def __init__(
        self, engine: Worker, expected_clusters: Iterable[str], started: float, quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        self._engine = engine
        self._expected = tuple(expected_clusters)
        self._started = started
        self._quiet_seconds = quiet_seconds
        self._since: dict[str, float] = {}
        self._peak_bytes = 0

    async def wait(self, changed: asyncio.Event, tell: Callable[[Progress], None], timeout_seconds: float) -> UpOutcome:
        """The outcome once nothing is left to do, or when the time is over. `changed` is set by every hub event."""
        deadline = self._started + timeout_seconds
        now = asyncio.get_running_loop().time
        quiet_since = now()
        while True:
            if changed.is_set():
                changed.clear()
                quiet_since = now()
            outcome = self.look()
            tell(_progress(outcome))
            is_quiet = self._engine.is_idle and now() - quiet_since >= self._quiet_seconds
            if now() >= deadline or (outcome.converged and is_quiet):
                return outcome
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> UpOutcome:
        """How far the platform is now."""
        elapsed = asyncio.get_running_loop().time() - self._started
        outcome = overview.assess(self._engine.snapshot(), self._expected, self._since)
        ready = overview.ready_clusters(outcome)
        self._since = {name: self._since.get(name, elapsed) for name in ready}
        self._peak_bytes = max(self._peak_bytes, memory.resident_bytes())
        return replace(outcome, seconds=elapsed, memory_bytes=self._peak_bytes)


def _progress(outcome: UpOutcome) -> Progress:
    counts = [count.split("/") for row in outcome.rows for count in (row.addons, row.workloads)]
    ready, total = (sum(int(one[part]) for one in counts) for part in (0, 1))
    clusters = "1 cluster" if len(outcome.rows) == 1 else f"{len(outcome.rows)} clusters"
    return Progress("applications ready", clusters, ready, total)
