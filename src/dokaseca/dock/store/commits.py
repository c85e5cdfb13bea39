"""Group commit: what has been written in memory goes to the disk together, in a thread; or comes out of memory again.

At any time one commit is on its way to the disk, and the next one gathers. The second builds on the first: it fails
with it. So the order of revisions is kept, a disk that takes long takes more at once, and the event loop never waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from dokaseca.dock.store.history import Change
from dokaseca.dock.store.storage import Row, Storage, StorageFailed

log = logging.getLogger("dokaseca.dock")


class Write(NamedTuple):
    """A change that is in memory, and the row that makes it durable."""

    row: Row
    change: Change


@dataclass(slots=True, eq=False)
class _Commit:
    writes: list[Write] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Commits:
    """Writes on their way to the disk; all methods belong to the loop's thread.

    Args:
        durable: where they go.
        kept: told of writes, oldest first, once they are durable.
        lost: told of writes, newest first, which the disk refused and which are to be undone.

    Attributes:
        losses: how often writes have been lost.
    """

    def __init__(
        self,
        durable: Storage,
        *,
        kept: Callable[[Sequence[Write]], None],
        lost: Callable[[Sequence[Write]], None],
    ) -> None:
        self._durable = durable
        self._kept = kept
        self._lost = lost
        self._gathering = _Commit()
        self._under_way = _Commit()
        self._outcome: Future[None] | None = None
        self._is_due = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dock-commit")
        self._why = ""
        self.losses = 0

    def add(self, write: Write) -> None:
        """Take the newest write; `settled` or `flush` brings it to the disk."""
        self._gathering.writes.append(write)

    async def settled(self, losses: int) -> None:
        """Wait until all that has been added so far is durable.

        Args:
            losses: what `losses` was before the caller wrote or read anything.

        Raises:
            StorageFailed: writes have been lost since, the caller's or what it has read among them.
        """
        commit = self._gathering if self._gathering.writes else self._under_way
        if commit.writes and self.losses == losses:
            self._begin_soon()
            await commit.ended.wait()
        if self.losses != losses:
            raise StorageFailed(self._why, subject=self._durable.where)

    def flush(self) -> None:
        """Bring everything to the disk before this returns: for who has no loop to hold up.

        Raises:
            StorageFailed: writes have been lost.
        """
        losses = self.losses
        while (outcome := self._outcome or self._submit_or_none()) is not None:
            self._end(outcome)
        if self.losses != losses:
            raise StorageFailed(self._why, subject=self._durable.where)

    def close(self) -> None:
        """Flush, and end the thread. What the disk refuses now has been acknowledged to nobody."""
        try:
            self.flush()
        except StorageFailed as error:
            log.warning("writes were lost at the end", extra={"fields": {"error": error.message}})
        self._thread.shutdown()

    def _begin_soon(self) -> None:
        """Begin a commit when the others of this turn of the loop have written too."""
        if self._outcome is None and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._is_due = False
        if self._outcome is None and (outcome := self._submit_or_none()) is not None:
            loop = asyncio.get_running_loop()
            outcome.add_done_callback(lambda ended: loop.call_soon_threadsafe(self._go_on, ended))

    def _go_on(self, ended: Future[None]) -> None:
        if ended is self._outcome:  # else a flush has waited for it
            self._end(ended)
        self._begin()

    def _submit_or_none(self) -> Future[None] | None:
        """Hand what has gathered to the thread."""
        if not self._gathering.writes:
            return None
        self._under_way, self._gathering = self._gathering, _Commit()
        self._outcome = self._thread.submit(self._durable.write, [write.row for write in self._under_way.writes])
        return self._outcome

    def _end(self, outcome: Future[None]) -> None:
        """Let memory follow the disk, then all go on who wait; blocks until there is an outcome."""
        error = outcome.exception()
        commit, self._under_way, self._outcome = self._under_way, _Commit(), None
        commit.ended.set()  # first: writers get their turn before the many watchers that `kept` wakes
        if error is None:
            self._kept(commit.writes)
            return
        after, self._gathering = self._gathering, _Commit()
        after.ended.set()
        self.losses += 1
        self._why = self._reason(error)
        self._lost([*reversed(after.writes), *reversed(commit.writes)])

    def _reason(self, error: BaseException) -> str:
        if isinstance(error, StorageFailed):
            return error.message
        log.error("commit failed", exc_info=error, extra={"fields": {"file": self._durable.where}})
        return "the state could not be written; the server's log says why"
