"""The namespace controller, the definition finalizer and the garbage collector, driven by changes."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, NamedTuple

from dokaseca.dock import state, status_error
from dokaseca.dock.crds import definition
from dokaseca.dock.lifecycle import access, bootstrap, events, protection, quotas
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Change, Stored
from dokaseca.dock.verbs import delete, write
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.runtime.queue import KeyedQueue

log = logging.getLogger("dokaseca.dock")

_BATCH: Final = 50  # objects removed between two turns of the event loop
_RETRY_SECONDS: Final = 1.0  # after the storage refused a write


class Work(NamedTuple):
    """`kind` is namespace, definition (by name), names (by group), orphaned, owner (by uid), or one of a module's."""

    kind: str
    name: str


_EXPIRY: Final = Work("events", "")


class Collector:
    """Follows a cluster's changes and finishes what deletions began.

    Args:
        cluster: whose objects.
    """

    def __init__(self, cluster: ClusterState) -> None:
        self._cluster = cluster
        self._queue: KeyedQueue[Work] = KeyedQueue()
        self._expiry = events.Expiry(cluster)
        cluster.store.observe(self._follow)
        cluster.store.observe(self._follow_components)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing left to do."""
        return self._queue.is_idle

    async def run(self) -> None:
        """Work until cancelled; first looks for what an earlier process left unfinished."""
        self._resume()
        try:
            while True:
                work = await self._queue.get()
                losses = self._cluster.store.losses
                try:
                    await self._do(work)
                    await self._cluster.store.settled(losses)
                except status_error.StatusError as error:
                    fields = {"cluster": self._cluster.name, "work": str(work), "error": error.message}
                    log.warning("lifecycle step failed", extra={"fields": fields})
                    self._queue.add_after(work, _RETRY_SECONDS)
                finally:
                    self._queue.done(work)
        finally:
            self._queue.close()

    def _follow(self, table: str, change: Change) -> None:
        after = change.after
        for kind, name in access.touched(table, change):
            self._queue.add(Work(kind, name))
        if change.gone:
            self._queue.add(Work("orphaned", after.uid))
            if after.namespace:
                self._touch_namespace(after.namespace)
            self._touch_definition(table)
            if table == definition.TABLE:
                self._queue.add(Work("names", after.name.partition(".")[2]))
            for owner in after.owners:
                self._queue.add(Work("owner", owner))
            return
        if table == state.NAMESPACES and (change.before is None or after.is_deleting):
            self._queue.add(Work("namespace", after.name))
        if table == definition.TABLE and after.is_deleting:
            self._queue.add(Work("definition", after.name))
        if after.is_deleting and _has_cascade(after):
            self._queue.add(Work("owner", after.uid))
        if after.owners and (change.before is None or change.before.owners != after.owners):
            for owner in after.owners:
                if self._cluster.store.by_uid_or_none(owner) is None:
                    self._queue.add(Work("orphaned", owner))

    def _follow_components(self, table: str, change: Change) -> None:
        """What single controllers wait for."""
        if table == events.TABLE:
            self._queue.add_after(_EXPIRY, self._expiry.follow(change))
        for module in (protection, quotas):
            for kind, name in module.touched(self._cluster, table, change):
                self._queue.add(Work(kind, name))

    def _touch_namespace(self, name: str) -> None:
        found = self._cluster.store.get_or_none(state.NAMESPACES, "", name)
        if found is not None and found.is_deleting:
            self._queue.add(Work("namespace", name))

    def _touch_definition(self, table: str) -> None:
        found = self._cluster.store.get_or_none(definition.TABLE, "", table)
        if found is not None and found.is_deleting:
            self._queue.add(Work("definition", table))

    def _resume(self) -> None:
        store = self._cluster.store
        self._expiry.resume()
        self._queue.add(_EXPIRY)
        for table in store.tables():
            for stored in store.scan(table):
                if stored.is_deleting and _has_cascade(stored):
                    self._queue.add(Work("owner", stored.uid))
                for owner in stored.owners:
                    if store.by_uid_or_none(owner) is None:
                        self._queue.add(Work("orphaned", owner))
        for module in (access, protection, quotas):
            for kind, name in module.unfinished(self._cluster):
                self._queue.add(Work(kind, name))
        for stored in store.scan(state.NAMESPACES):
            self._queue.add(Work("namespace", stored.name))
        for stored in store.scan(definition.TABLE):
            if stored.is_deleting:
                self._queue.add(Work("definition", stored.name))

    async def _do(self, work: Work) -> None:
        if work.kind == "namespace":
            await self._namespace(work.name)
        elif work.kind == "definition":
            await self._definition(work.name)
        elif work.kind == "names":
            self._names(work.name)
        elif work.kind in access.KINDS:
            access.settle(self._cluster, work.kind, work.name)
        elif work.kind in protection.KINDS:
            protection.settle(self._cluster, work.kind, work.name)
        elif work.kind == quotas.KIND:
            quotas.settle(self._cluster, work.name)
        elif work == _EXPIRY:
            again_seconds = self._expiry.expire()
            if again_seconds is not None:
                self._queue.add_after(work, again_seconds)
        elif work.kind == "orphaned":
            await self._orphaned(work.name)
        else:
            await self._owner(work.name)

    async def _namespace(self, name: str) -> None:
        store = self._cluster.store
        found = store.get_or_none(state.NAMESPACES, "", name)
        if found is None:
            return
        if not found.is_deleting:
            bootstrap.complete_namespace(self._cluster, name)
            return
        left = 0
        for table in store.tables():
            await self._remove_all(table, name)
            left += store.count(table, name)
        found = store.get_or_none(state.NAMESPACES, "", name)
        if not left and found is not None:
            manifest = self._cluster.read(found)
            manifest.setdefault("spec", {})["finalizers"] = []
            self._release(state.NAMESPACES, found, manifest)

    async def _definition(self, name: str) -> None:
        store = self._cluster.store
        await self._remove_all(name, "")
        found = store.get_or_none(definition.TABLE, "", name)
        if found is None or store.count(name):
            return
        manifest = self._cluster.read(found)
        _drop_finalizer(manifest, definition.FINALIZER)
        self._release(definition.TABLE, found, manifest)

    def _names(self, group: str) -> None:
        """A definition of the group is gone: another may have the names now that it was refused."""
        for stored in list(self._cluster.store.scan(definition.TABLE)):
            if stored.name.partition(".")[2] == group:
                manifest = self._cluster.read(stored)
                definition.accept(manifest, self._cluster.registry, self._cluster.now())
                if manifest != self._cluster.read(stored):
                    self._cluster.store.put(definition.TABLE, manifest)

    async def _remove_all(self, table: str, namespace: str) -> None:
        store = self._cluster.store
        for index, stored in enumerate(list(store.scan(table, namespace))):
            self._remove(table, stored, "")
            if index % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)

    async def _orphaned(self, uid: str) -> None:
        """An owner is gone: what nobody else owns goes too, the rest loses the reference."""
        store = self._cluster.store
        if store.by_uid_or_none(uid) is not None:
            return
        for index, (table, stored) in enumerate(store.owned_by(uid)):
            if any(store.by_uid_or_none(owner) is not None for owner in stored.owners):
                self._drop_references(table, stored)
            else:
                self._remove(table, stored, "Background")
            if index % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)

    async def _owner(self, uid: str) -> None:
        """An object waits for its dependents: to be gone (foreground), or to be let go of (orphan)."""
        store = self._cluster.store
        found = store.by_uid_or_none(uid)
        if found is None or not found[1].is_deleting:
            return
        table, stored = found
        manifest = self._cluster.read(stored)
        finalizers = manifests.metadata(manifest).get("finalizers") or ()
        dependents = store.owned_by(uid)
        if delete.ORPHAN in finalizers:
            for below, dependent in dependents:
                self._drop_references(below, dependent, uid)
            _drop_finalizer(manifest, delete.ORPHAN)
            self._release(table, stored, manifest)
        elif delete.FOREGROUND in finalizers:
            waits = False
            for below, dependent in dependents:
                blocks = self._blocks(dependent, uid)
                self._remove(below, dependent, "Foreground")
                waits = waits or (blocks and store.get_or_none(below, dependent.namespace, dependent.name) is not None)
                await asyncio.sleep(0)
            current = store.by_uid_or_none(uid)
            if not waits and current is not None:
                manifest = self._cluster.read(current[1])
                _drop_finalizer(manifest, delete.FOREGROUND)
                self._release(table, current[1], manifest)

    def _blocks(self, dependent: Stored, uid: str) -> bool:
        references = manifests.metadata(self._cluster.read(dependent)).get("ownerReferences") or ()
        return any(one.get("uid") == uid and one.get("blockOwnerDeletion") for one in references)

    def _remove(self, table: str, stored: Stored, propagation: str) -> None:
        current = self._current_or_none(stored)
        if current is not None and not current.is_deleting:
            delete.release(self._cluster, table, current, delete.Options(propagation=propagation))

    def _current_or_none(self, stored: Stored) -> Stored | None:
        """The same object as it is now: while others had their turn, somebody may have changed or deleted it."""
        found = self._cluster.store.by_uid_or_none(stored.uid)
        return found[1] if found is not None else None

    def _drop_references(self, table: str, stored: Stored, uid: str = "") -> None:
        """Take out the reference to `uid`, or (empty) to owners that do not exist."""
        current = self._current_or_none(stored)
        if current is None:
            return
        manifest = self._cluster.read(current)
        metadata: dict[str, Any] = manifest["metadata"]
        known = self._cluster.store.by_uid_or_none
        kept = [
            one
            for one in metadata.get("ownerReferences") or ()
            if (one.get("uid") != uid if uid else known(one.get("uid") or "") is not None)
        ]
        if kept:
            metadata["ownerReferences"] = kept
        else:
            metadata.pop("ownerReferences", None)
        self._cluster.store.put(table, manifest)

    def _release(self, table: str, stored: Stored, manifest: Manifest) -> None:
        """Store an object whose finalizer has done its work, or remove it when that was the last."""
        if write.is_released(manifest):
            self._cluster.store.remove(table, stored, manifest)
        elif manifest != self._cluster.read(stored):
            self._cluster.store.put(table, manifest)


def _has_cascade(stored: Stored) -> bool:
    return delete.FOREGROUND in stored.finalizers or delete.ORPHAN in stored.finalizers


def _drop_finalizer(manifest: Manifest, name: str) -> None:
    metadata = manifest["metadata"]
    metadata["finalizers"] = [one for one in metadata.get("finalizers") or () if one != name]
