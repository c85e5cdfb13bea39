"""The last changes of one table: what watches replay."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

CHANGES: Final = 1_000  # per table; a watcher further behind lists again
BYTES: Final = 4 * 1024 * 1024  # per table, so that large CRDs do not pile up
NO_LABELS: Final[dict[str, str]] = {}  # shared by all objects without labels: never written to


@dataclass(slots=True, eq=False)
class Stored:
    """One object at one revision. Identity and what selectors read stand beside the JSON.

    Attributes:
        data: the object's JSON in the storage version, resourceVersion included.
        owners: the uids of its owners.
        finalizers: what holds it once it is to be deleted.
        is_deleting: whether it has been asked to go.
    """

    namespace: str
    name: str
    uid: str
    revision: int
    data: bytes
    labels: dict[str, str]
    owners: tuple[str, ...]
    finalizers: tuple[str, ...] = ()
    is_deleting: bool = False


@dataclass(slots=True, eq=False)
class Change:
    """One write: `before` is None for a creation, `gone` marks a deletion, whose `after` is the final state."""

    revision: int
    before: Stored | None
    after: Stored
    gone: bool


class History:
    """Changes in order of revision. Readers keep a position: the number of changes that ever were before theirs.

    The newest changes are hidden from readers until they are durable.
    """

    def __init__(self, complete_after: int) -> None:
        self.complete_after = complete_after
        self._changes: list[Change] = []
        self._revealed = 0
        self._dropped = 0
        self._bytes = 0

    @property
    def end(self) -> int:
        """The position behind the newest change, hidden or not."""
        return self._dropped + len(self._changes)

    def position_after(self, revision: int) -> int | None:
        """Where to read on after `revision`, or None when changes since then have been dropped."""
        if revision < self.complete_after:
            return None
        return self._dropped + bisect_right(self._changes, revision, key=lambda change: change.revision)

    def since(self, position: int, limit: int = 256) -> list[Change] | None:
        """Up to `limit` durable changes from `position` on, or None when they have been dropped."""
        start = position - self._dropped
        if start < 0:
            return None
        return self._changes[start : min(start + limit, self._revealed)]

    def states_at(self, revision: int, namespace: str = "") -> dict[tuple[str, str], Stored | None]:
        """What has changed since `revision`, as it was then: None for what was not there."""
        then: dict[tuple[str, str], Stored | None] = {}
        for change in self._changes[bisect_right(self._changes, revision, key=lambda one: one.revision) :]:
            if not namespace or change.after.namespace == namespace:
                then.setdefault((change.after.namespace, change.after.name), change.before)
        return then

    def append(self, change: Change) -> None:
        """Add the newest change, hidden."""
        self._changes.append(change)
        self._bytes += len(change.after.data)

    def reveal(self) -> None:
        """Let readers see the oldest hidden change; drops the older half of what they see once there is too much."""
        self._revealed += 1
        if len(self._changes) > CHANGES or (self._bytes > BYTES and len(self._changes) > 1):
            self._drop(self._revealed // 2)

    def retract(self) -> None:
        """Take the newest change back, which is hidden."""
        self._bytes -= len(self._changes.pop().after.data)

    def compact(self) -> None:
        """Forget all that is durable: watchers that are behind must list again."""
        self._drop(self._revealed)

    def _drop(self, count: int) -> None:
        if not count:
            return
        self.complete_after = self._changes[count - 1].revision
        self._bytes -= sum(len(change.after.data) for change in self._changes[:count])
        del self._changes[:count]
        self._dropped += count
        self._revealed -= count
