"""What differs between Git and a cluster, object by object."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest


class SyncStatus(StrEnum):
    """Argo CD's sync status codes."""

    SYNCED = "Synced"
    OUT_OF_SYNC = "OutOfSync"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Change:
    """One object.

    Attributes:
        target: what Git wants, None when the object should not be there.
        live: what the cluster holds, None when it is absent.
        requires_pruning: it is tracked and Git no longer has it.
        hook: it is a hook: never part of the comparison.
        counts: whether it decides about the Application's status.
        paths: the fields that differ, as JSON pointers, sorted.
    """

    key: ObjectKey
    version: str
    target: Manifest | None
    live: Manifest | None
    status: SyncStatus
    requires_pruning: bool = False
    hook: bool = False
    counts: bool = True
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All objects of one Application, sorted by key."""

    changes: tuple[Change, ...]

    @property
    def status(self) -> SyncStatus:
        """OutOfSync as soon as one counting object is; unknown is never taken for in sync."""
        found = {change.status for change in self.changes if change.counts}
        for status in (SyncStatus.UNKNOWN, SyncStatus.OUT_OF_SYNC):
            if status in found:
                return status
        return SyncStatus.SYNCED
