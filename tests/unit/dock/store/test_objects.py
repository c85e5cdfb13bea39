import asyncio
import sqlite3
import tracemalloc

import pytest

from dokaseca.dock.status_error import StatusError
from dokaseca.dock.store.objects import Store
from dokaseca.dock.store.sqlite import SqliteStorage
from dokaseca.dock.store.storage import MemoryStorage, StorageFailed
from dokaseca.model.errors import IntegrityError


def manifest(name, namespace="ns", **metadata):
    return {"kind": "X", "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", **metadata}}


class FullDisk(MemoryStorage):
    full = False

    def write(self, rows):
        if self.full:
            raise StorageFailed("the state could not be written (database or disk is full)")


def test_every_write_gets_the_next_revision_and_says_so_in_the_object():
    store = Store(MemoryStorage())
    first, second = store.put("t", manifest("a")), store.put("t", manifest("a"))
    assert second.revision == first.revision + 1 == store.revision
    assert f'"resourceVersion":"{second.revision}"'.encode() in second.data


def test_revisions_go_on_after_a_restart_even_when_the_last_write_was_a_deletion(tmp_path):
    store = Store(SqliteStorage(tmp_path / "state.db"))
    store.put("t", manifest("kept"))
    gone = store.put("t", manifest("gone"))
    final = store.remove("t", gone, manifest("gone"))
    store.close()
    again = Store(SqliteStorage(tmp_path / "state.db"))
    assert again.revision == final.revision
    assert [stored.name for stored in again.scan("t")] == ["kept"]
    assert again.put("t", manifest("next")).revision == final.revision + 1
    assert again.history("t").position_after(final.revision - 1) is None
    again.close()


def test_a_refused_write_changes_nothing_in_memory():
    storage = FullDisk()
    store = Store(storage)
    kept = store.put("t", manifest("a"))
    storage.full = True
    for write in (lambda: store.put("t", manifest("b")), lambda: store.remove("t", kept, manifest("a"))):
        with pytest.raises(StatusError, match="disk is full") as raised:
            write()
        assert raised.value.code == 500
    assert [stored.name for stored in store.scan("t")] == ["a"]
    assert store.revision == kept.revision
    assert store.history("t").since(store.history("t").position_after(kept.revision)) == []


def test_objects_come_sorted_and_from_a_key_on():
    store = Store(MemoryStorage())
    for namespace, name in (("b", "x"), ("a", "z"), ("a", "y")):
        store.put("t", manifest(name, namespace))
    keys = [(stored.namespace, stored.name) for stored in store.scan("t")]
    assert keys == [("a", "y"), ("a", "z"), ("b", "x")]
    assert [stored.name for stored in store.scan("t", after=("a", "y"))] == ["z", "x"]
    assert [stored.name for stored in store.scan("t", "b")] == ["x"]
    assert store.count("t") == 3
    assert store.count("t", "a") == 2


def test_dependents_are_found_by_their_owners_uid_until_they_let_go():
    store = Store(MemoryStorage())
    child = store.put("t", manifest("child", ownerReferences=[{"uid": "owner"}]))
    assert store.owned_by("owner") == [("t", child)]
    store.put("t", manifest("child"))
    assert store.owned_by("owner") == []


def test_an_object_is_found_by_uid_while_it_lives():
    store = Store(MemoryStorage())
    stored = store.put("t", manifest("a"))
    assert store.by_uid_or_none("uid-a") == ("t", stored)
    store.remove("t", stored, manifest("a"))
    assert store.by_uid_or_none("uid-a") is None


def test_subscribers_are_woken_by_their_own_table_only():
    store, waker = Store(MemoryStorage()), asyncio.Event()
    store.subscribe("t", waker)
    store.put("other", manifest("a"))
    assert not waker.is_set()
    store.put("t", manifest("a"))
    assert waker.is_set()
    store.unsubscribe("t", waker)
    assert store.watchers() == 0


def test_an_object_over_the_limit_is_refused():
    with pytest.raises(StatusError) as raised:
        Store(MemoryStorage()).put("t", manifest("a", annotations={"big": "x" * 2_000_000}))
    assert raised.value.code == 413


def test_compaction_expires_positions_from_before():
    store = Store(MemoryStorage())
    before = store.put("t", manifest("a")).revision
    store.put("t", manifest("b"))
    store.compact()
    assert store.history("t").position_after(before) is None
    assert store.history("t").position_after(store.revision) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"\x00garbage",
        b"[1, 2]",
        b"null",
        b"{}",
        b'{"metadata": []}',
        b'{"metadata": {"name": "other", "namespace": "ns"}}',
        b'{"metadata": {"name": "a", "namespace": "ns", "labels": [1]}}',
        b'{"metadata": {"name": "a", "namespace": "ns", "ownerReferences": [7]}}',
        '{"metadata": {"name": "a", "namespace": "ns"}}',
    ],
)
def test_a_damaged_row_is_an_error_that_names_object_and_file(tmp_path, data):
    store = Store(SqliteStorage(tmp_path / "state.db"))
    store.put("t", manifest("a"))
    store.close()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("UPDATE objects SET data = ?", (data,))
    connection.close()
    storage = SqliteStorage(tmp_path / "state.db")
    with pytest.raises(IntegrityError, match=r"t ns/a in the state file is damaged .*move the file away") as raised:
        Store(storage)
    storage.close()
    assert raised.value.subject == str(tmp_path / "state.db")


@pytest.mark.parametrize("change", ["DELETE FROM meta", "UPDATE meta SET value = 'x'"])
def test_a_lost_revision_is_an_error_that_names_the_file(tmp_path, change):
    SqliteStorage(tmp_path / "state.db").close()
    storage = SqliteStorage(tmp_path / "state.db")
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(IntegrityError, match=r"the state file is damaged .*move the file away") as raised:
        Store(storage)
    storage.close()
    assert raised.value.subject == str(tmp_path / "state.db")


def test_an_object_takes_little_more_memory_than_its_json():
    store = Store(MemoryStorage())
    tracemalloc.start()
    try:
        found = [store.put("t", manifest(f"n{number}", annotations={"a": "x" * 500})) for number in range(1_000)]
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken < sum(len(stored.data) for stored in found) + 1_500 * len(found)
