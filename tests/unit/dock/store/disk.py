"""A disk that takes its time, and refuses when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Literal

from dokaseca.dock.store.storage import Row, StorageFailed

Outcome = Literal["kept", "refused", "broken"]
PATIENCE_SECONDS = 10.0  # a test that never lets a commit go on fails


class Disk:
    """Keeps rows until the process ends, like a file would beyond it.

    Attributes:
        script: what becomes of the next commits: outcome, and how many `let` they wait for. Then all are kept at once.
        log: all rows that ever became durable, in order.
        sizes: how many rows each commit that was tried had.
    """

    waits = True
    where = "/state.db"

    def __init__(self) -> None:
        self.script: list[tuple[Outcome, int]] = []
        self.rows: dict[tuple[str, str, str], Row] = {}
        self.log: list[Row] = []
        self.sizes: list[int] = []
        self.revision = 0
        self.is_held = False
        self.is_closed = False
        self._steps = threading.Semaphore(0)

    def load(self) -> tuple[int, Iterator[Row]]:
        return self.revision, iter(list(self.rows.values()))

    def write(self, rows: Sequence[Row]) -> None:
        outcome, steps = self.script.pop(0) if self.script else ("kept", 0)
        self.sizes.append(len(rows))
        for _ in range(steps):
            self.is_held = True
            if not self._steps.acquire(timeout=PATIENCE_SECONDS):
                raise AssertionError("nobody let the commit go on")
        self.is_held = False
        if outcome == "refused":
            raise StorageFailed("the state could not be written (database or disk is full)")
        if outcome == "broken":
            raise ZeroDivisionError("a defect")
        for row in rows:
            self.log.append(row)
            self.revision = row.revision
            key = (row.table, row.namespace, row.name)
            if row.data is None:
                del self.rows[key]
            else:
                self.rows[key] = row

    def let(self) -> None:
        """Let a commit that is held take a step."""
        if self.is_held:
            self._steps.release()

    def close(self) -> None:
        self.is_closed = True
