"""Events end an hour after they were last written (kube-apiserver's --event-ttl), and there are only so many."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Change
from dokaseca.dock.verbs import delete
from dokaseca.kit import clock
from dokaseca.model import manifest as manifests

TABLE: Final = "events"
SECONDS: Final = 3600.0
LIMIT: Final = 10_000  # of one cluster; the oldest go first
_BATCH: Final = 50  # removed between two turns of the event loop


class Expiry:
    """When each Event ends, soonest first.

    Args:
        cluster: whose Events.
        limit: how many there may be.
    """

    def __init__(self, cluster: ClusterState, *, limit: int = LIMIT) -> None:
        self._cluster = cluster
        self._limit = limit
        self._ends: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def follow(self, change: Change) -> float:
        """Take note of a change of an Event; returns in how many seconds to `expire`."""
        key = (change.after.namespace, change.after.name)
        if change.gone:
            self._ends.pop(key, None)
            return SECONDS
        self._ends[key] = self._cluster.clock.now() + timedelta(seconds=SECONDS)
        self._ends.move_to_end(key)
        return SECONDS if len(self._ends) <= self._limit else 0.0

    def resume(self) -> None:
        """Take note of what an earlier process left: it ends an hour after what it tells happened last."""
        found = []
        for stored in self._cluster.store.scan(TABLE):
            manifest = self._cluster.read(stored)
            created = manifests.metadata(manifest).get("creationTimestamp") or ""
            last = max(created, str(manifest.get("lastTimestamp") or ""))
            found.append((_moment(last, self._cluster.clock.now()), stored.namespace, stored.name))
        for last_at, namespace, name in sorted(found):
            self._ends[(namespace, name)] = last_at + timedelta(seconds=SECONDS)

    def expire(self) -> float | None:
        """Remove some of what has ended or is too much.

        Returns:
            In how many seconds to look again, None for never.

        Raises:
            StatusError: 500, the storage refuses.
        """
        now = self._cluster.clock.now()
        for _ in range(_BATCH):
            key, end = next(iter(self._ends.items()), (("", ""), now))
            if not self._ends or (end > now and len(self._ends) <= self._limit):
                break
            stored = self._cluster.store.get_or_none(TABLE, *key)
            if stored is not None:
                delete.release(self._cluster, TABLE, stored, delete.Options())
            self._ends.pop(key, None)
        end = next(iter(self._ends.values()), now)
        return max(0.0, (end - now).total_seconds()) if self._ends else None


def _moment(text: str, default: datetime) -> datetime:
    try:
        return clock.parse_rfc3339(text)
    except ValueError:
        return default
