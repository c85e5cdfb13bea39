"""The resource quota controller: a quota's status says what its namespace uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dokaseca.dock.admission import quota
from dokaseca.dock.lifecycle import events
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Change

KIND: Final = "quota"


def touched(cluster: ClusterState, table: str, change: Change) -> Iterator[tuple[str, str]]:
    """(kind, namespace) of quotas to count anew because of a change."""
    namespace = change.after.namespace
    if table != events.TABLE and quota.is_limited(cluster.store, namespace):
        yield KIND, namespace


def unfinished(cluster: ClusterState) -> Iterator[tuple[str, str]]:
    """(kind, namespace) of what an earlier process may not have counted."""
    for namespace in {stored.namespace for stored in cluster.store.scan(quota.TABLE)}:
        yield KIND, namespace


def settle(cluster: ClusterState, namespace: str) -> None:
    """Bring the status of the namespace's quotas up to date; idempotent.

    Raises:
        StatusError: 500, the storage refuses.
    """
    for stored in list(cluster.store.scan(quota.TABLE, namespace)):
        manifest = cluster.read(stored)
        wanted = quota.status(cluster.store, manifest)
        if manifest.get("status") != wanted:
            cluster.store.put(quota.TABLE, {**manifest, "status": wanted})
