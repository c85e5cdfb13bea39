"""The objects of one cluster: a write gets the next revision, and is in memory at once.

Watchers see it when it is durable. Whoever tells others of what the store holds waits for `settled` before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.store import history, storage
from dokaseca.dock.store.commits import Commits, Write
from dokaseca.dock.store.history import Change, History, Stored
from dokaseca.kit import bounds
from dokaseca.model.errors import IntegrityError
from dokaseca.model.manifest import Manifest


class Store:
    """Reads are dictionary look-ups, writes are synchronous: between two awaits nobody else sees a half-done change.

    Args:
        durable: where objects survive the process.

    Attributes:
        revision: of the newest write.
        durable_revision: up to which no kill and no power cut loses anything.

    Raises:
        IntegrityError: what `durable` holds is damaged.
    """

    def __init__(self, durable: storage.Storage) -> None:
        self._durable = durable
        self._commits = Commits(durable, kept=self._reveal, lost=self._undo)
        self._tables: dict[str, dict[str, dict[str, Stored]]] = {}
        self._histories: dict[str, History] = {}
        self._owned: dict[str, dict[tuple[str, str, str], None]] = {}
        self._uids: dict[str, tuple[str, str, str]] = {}
        self._wakers: dict[str, set[asyncio.Event]] = {}
        self._observers: list[Callable[[str, Change], None]] = []
        self.revision, rows = durable.load()
        for row in rows:
            self._keep(row.table, _restored(row, durable.where))
            self.revision = max(self.revision, row.revision)
        self.revision = max(self.revision, 1)
        self._loaded_revision = self.durable_revision = self.revision

    def get_or_none(self, table: str, namespace: str, name: str) -> Stored | None:
        """One object."""
        return self._tables.get(table, {}).get(namespace, {}).get(name)

    def scan(self, table: str, namespace: str = "", *, after: tuple[str, str] = ("", "")) -> Iterator[Stored]:
        """Objects sorted by namespace and name, of one namespace or (empty) of all, behind the key `after`."""
        spaces = self._tables.get(table, {})
        for space in sorted(spaces) if not namespace else ((namespace,) if namespace in spaces else ()):
            if space < after[0]:
                continue
            names = sorted(spaces[space])
            for name in names:
                if (space, name) > after and (stored := spaces.get(space, {}).get(name)) is not None:
                    yield stored

    def scan_at(
        self, revision: int, table: str, namespace: str = "", *, after: tuple[str, str] = ("", "")
    ) -> Iterator[Stored]:
        """As `scan`, with the objects as they were at `revision`, which the table's history must reach back to."""
        then = self.history(table).states_at(revision, namespace)
        if not then:
            yield from self.scan(table, namespace, after=after)
            return
        found: dict[tuple[str, str], Stored | None] = {
            (stored.namespace, stored.name): stored for stored in self.scan(table, namespace, after=after)
        }
        found |= {key: stored for key, stored in then.items() if key > after}
        for key in sorted(found):
            if (stored := found[key]) is not None:
                yield stored

    def count(self, table: str, namespace: str = "") -> int:
        """How many objects there are, in one namespace or (empty) in all."""
        spaces = self._tables.get(table, {})
        return len(spaces.get(namespace, ())) if namespace else sum(map(len, spaces.values()))

    def tables(self) -> list[str]:
        """Tables that hold objects."""
        return [table for table, spaces in self._tables.items() if any(spaces.values())]

    def owned_by(self, uid: str) -> list[tuple[str, Stored]]:
        """(table, object) of everything that names `uid` as an owner."""
        found = []
        for table, namespace, name in self._owned.get(uid, ()):
            stored = self.get_or_none(table, namespace, name)
            if stored is not None:
                found.append((table, stored))
        return found

    def by_uid_or_none(self, uid: str) -> tuple[str, Stored] | None:
        """(table, object) of the living object with this uid."""
        key = self._uids.get(uid)
        stored = self.get_or_none(*key) if key else None
        return (key[0], stored) if key and stored else None

    def put(self, table: str, manifest: Manifest) -> Stored:
        """Create or replace; sets `metadata.resourceVersion` in `manifest`.

        Raises:
            StatusError: 500 when a storage that does not wait refuses, 413 when the object is too large; nothing has
                changed then.
        """
        revision = self.revision + 1
        manifest["metadata"]["resourceVersion"] = str(revision)
        stored = _stored(manifest, revision, _encode(manifest))
        before = self.get_or_none(table, stored.namespace, stored.name)
        row = storage.Row(table, stored.namespace, stored.name, revision, stored.data)
        self._write(Write(row, Change(revision, before, stored, gone=False)))
        return stored

    def remove(self, table: str, stored: Stored, manifest: Manifest) -> Stored:
        """Delete; `manifest` is the final state that watchers see, its resourceVersion becomes that of the deletion.

        Raises:
            StatusError: 500 when a storage that does not wait refuses; nothing has changed then.
        """
        revision = self.revision + 1
        manifest["metadata"]["resourceVersion"] = str(revision)
        final = _stored(manifest, revision, _encode(manifest))
        row = storage.Row(table, stored.namespace, stored.name, revision, None)
        self._write(Write(row, Change(revision, stored, final, gone=True)))
        return final

    @property
    def losses(self) -> int:
        """How often writes have been undone because the disk refused them."""
        return self._commits.losses

    async def settled(self, losses: int) -> None:
        """Wait until everything is durable that has been written so far, by anybody.

        Args:
            losses: what `losses` was before the caller wrote or read anything.

        Raises:
            StatusError: 500, writes have been lost since: what the caller knows may never have been.
        """
        try:
            await self._commits.settled(losses)
        except storage.StorageFailed as error:
            raise status_error.internal(error.message) from error

    def flush(self) -> None:
        """As `settled`, for who has no loop to hold up.

        Raises:
            StatusError: 500, writes have been lost.
        """
        try:
            self._commits.flush()
        except storage.StorageFailed as error:
            raise status_error.internal(error.message) from error

    def history(self, table: str) -> History:
        """The changes of a table; complete since this process loaded the store, until they are too many."""
        found = self._histories.get(table)
        if found is None:
            found = self._histories[table] = History(self._loaded_revision)
        return found

    def compact(self) -> None:
        """Forget the history of every table."""
        for table in list(self._tables):
            found = self.history(table)
            found.compact()
            found.complete_after = self.revision

    def observe(self, observer: Callable[[str, Change], None]) -> None:
        """Call `observer` with (table, change) after every write, before its writer goes on; it must not raise.

        A write that is undone is a change as well: back to what was before.
        """
        self._observers.append(observer)

    def subscribe(self, table: str, waker: asyncio.Event) -> None:
        """Set `waker` when changes of a table have become durable, until `unsubscribe`."""
        self._wakers.setdefault(table, set()).add(waker)

    def unsubscribe(self, table: str, waker: asyncio.Event) -> None:
        """No longer set `waker`."""
        wakers = self._wakers.get(table)
        if wakers is not None:
            wakers.discard(waker)
            if not wakers:
                del self._wakers[table]

    def wake_all(self) -> None:
        """Set every waker: subscribers look again at whether they should go on."""
        for wakers in self._wakers.values():
            for waker in wakers:
                waker.set()

    def watchers(self) -> int:
        """How many subscriptions there are."""
        return sum(map(len, self._wakers.values()))

    def close(self) -> None:
        """Bring what waits to the disk, and give the storage back."""
        self._commits.close()
        self._durable.close()

    def _write(self, write: Write) -> None:
        if not self._durable.waits:
            try:
                self._durable.write([write.row])
            except storage.StorageFailed as error:
                raise status_error.internal(error.message) from error
        self.revision = write.row.revision
        self.history(write.row.table).append(write.change)
        self._apply(write.row.table, write.change)
        if self._durable.waits:
            self._commits.add(write)
        else:
            self._reveal([write])

    def _reveal(self, writes: Sequence[Write]) -> None:
        """`writes` are durable: let watchers see them."""
        self.durable_revision = writes[-1].row.revision
        for write in writes:
            self.history(write.row.table).reveal()
        for table in {write.row.table for write in writes}:
            for waker in self._wakers.get(table, ()):
                waker.set()

    def _undo(self, writes: Sequence[Write]) -> None:
        """`writes`, newest first, will never be durable: make memory what the disk is."""
        for row, change in writes:
            self.history(row.table).retract()
            self._apply(row.table, _inverse(change))
        self.revision = self.durable_revision

    def _apply(self, table: str, change: Change) -> None:
        if change.gone:
            self._forget(table, change.after)
        else:
            self._keep(table, change.after)
        for observer in self._observers:
            observer(table, change)

    def _keep(self, table: str, stored: Stored) -> None:
        space = self._tables.setdefault(table, {}).setdefault(stored.namespace, {})
        before = space.get(stored.name)
        space[stored.name] = stored
        key = (table, stored.namespace, stored.name)
        if before is None or before.owners != stored.owners or before.uid != stored.uid:
            if before is not None:
                self._unlink(key, before)
            self._uids[stored.uid] = key
            for owner in stored.owners:
                self._owned.setdefault(owner, {})[key] = None

    def _forget(self, table: str, stored: Stored) -> None:
        spaces = self._tables[table]
        living = spaces[stored.namespace].pop(stored.name)
        if not spaces[stored.namespace]:
            del spaces[stored.namespace]
        self._unlink((table, stored.namespace, stored.name), living)

    def _unlink(self, key: tuple[str, str, str], stored: Stored) -> None:
        self._uids.pop(stored.uid, None)
        for owner in stored.owners:
            dependents = self._owned.get(owner, {})
            dependents.pop(key, None)
            if not dependents:
                self._owned.pop(owner, None)


def _inverse(change: Change) -> Change:
    """What undoes `change`."""
    if change.before is None:
        return Change(change.revision, change.after, change.after, gone=True)
    return Change(change.revision, None if change.gone else change.after, change.before, gone=False)


def _encode(manifest: Manifest) -> bytes:
    try:
        data = orjson.dumps({"kind": manifest.get("kind"), "apiVersion": manifest.get("apiVersion"), **manifest})
    except TypeError as error:  # nested deeper than the encoder goes, integers over 64 bits
        raise status_error.bad_request(f"the object cannot be stored: {error}") from error
    if len(data) > bounds.OBJECT_BYTES:
        raise status_error.too_large(bounds.OBJECT_BYTES)
    return bytes(memoryview(data))  # a copy: orjson's own keeps the buffer that it was written into, 4 kB and more


def _stored(manifest: dict[str, Any], revision: int, data: bytes) -> Stored:
    metadata = manifest["metadata"]
    references = metadata.get("ownerReferences") or ()
    return Stored(
        namespace=metadata.get("namespace") or "",
        name=metadata["name"],
        uid=metadata.get("uid") or "",
        revision=revision,
        data=data,
        labels=metadata.get("labels") or history.NO_LABELS,
        owners=tuple(reference.get("uid") or "" for reference in references),
        finalizers=tuple(metadata.get("finalizers") or ()),
        is_deleting=bool(metadata.get("deletionTimestamp")),
    )


def _restored(row: storage.Row, where: str) -> Stored:
    """The object of a row that was read back.

    Raises:
        IntegrityError: it holds none, or that of another row.
    """
    try:
        if not isinstance(row.data, bytes) or not isinstance(row.revision, int):
            raise TypeError("the row's columns are of other types")
        stored = _stored(orjson.loads(row.data), row.revision, row.data)
        if (stored.namespace, stored.name) != (row.namespace, row.name) or not isinstance(stored.labels, dict):
            raise ValueError("the row does not hold the object that it names")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        subject = f"{row.table} {row.namespace}/{row.name}".replace(" /", " ")
        message = f"{subject} in the state file is damaged ({type(error).__name__}: {error}); {storage.REMEDY}"
        raise IntegrityError(message, subject=where) from error
    return stored
