"""The results of an operation while it is worked on: found by task, counted as they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dokaseca.model.plan import Phase, Place, ResultCode, SyncReport, TaskResult


class Ledger:
    """A report that grows; what a step asks of it takes no longer for ten thousand results than for one.

    Attributes:
        refused: how many objects the cluster did not take.
        failed: how many tasks failed for whatever reason; those that run because of a failure do not count.
    """

    def __init__(self, report: SyncReport) -> None:
        self._report = report
        self._results: dict[Place, TaskResult] = {}
        self.refused = 0
        self.failed = 0
        self.add(report.results)

    def add(self, results: Iterable[TaskResult]) -> None:
        """Take results in, each in the place of what was known of its task."""
        for result in results:
            before = self._results.get(result.place)
            if before is not None:
                self._count(before, -1)
            self._count(result, 1)
            self._results[result.place] = result

    def get_or_none(self, place: Place) -> TaskResult | None:
        """What became of a task so far."""
        return self._results.get(place)

    def report(self) -> SyncReport:
        """All results in order."""
        return replace(self._report, results=tuple(self._results.values()))

    def _count(self, result: TaskResult, by: int) -> None:
        self.refused += by * (result.code is ResultCode.SYNC_FAILED)
        self.failed += by * (result.is_failed and result.phase is not Phase.SYNC_FAIL)
