import asyncio
import logging

import pytest
from tests.unit.dock.store.disk import Disk

from dokaseca.dock.status_error import StatusError
from dokaseca.dock.store.objects import Store
from dokaseca.dock.store.storage import MemoryStorage


def manifest(name, namespace="ns", **metadata):
    return {"kind": "X", "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", **metadata}}


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0)


def names(store):
    return [stored.name for stored in store.scan("t")]


async def test_writes_of_one_turn_share_a_commit():
    disk = Disk()
    store = Store(disk)

    async def write(name):
        store.put("t", manifest(name))
        await store.settled(0)
        assert disk.rows[("t", "ns", name)]

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(write(name))
    assert disk.sizes == [3]
    store.close()


async def test_what_comes_while_a_commit_is_on_its_way_goes_with_the_next_one():
    disk = Disk()
    disk.script = [("kept", 1)]
    store = Store(disk)
    store.put("t", manifest("a"))
    async with asyncio.TaskGroup() as group:
        first = group.create_task(store.settled(0))
        await until(lambda: disk.is_held)
        store.put("t", manifest("b"))
        second = group.create_task(store.settled(0))
        store.put("t", manifest("c"))
        await asyncio.sleep(0)
        assert not first.done() and not second.done()
        disk.let()
    assert disk.sizes == [1, 2]
    assert store.durable_revision == store.revision == disk.revision
    store.close()


async def test_who_reads_waits_for_what_it_has_read_and_not_for_later_writes():
    disk = Disk()
    disk.script = [("kept", 1), ("kept", 1)]
    store = Store(disk)
    store.put("t", manifest("a"))
    async with asyncio.TaskGroup() as group:
        reader = group.create_task(store.settled(0))
        await until(lambda: disk.is_held)
        store.put("t", manifest("b"))
        writer = group.create_task(store.settled(0))
        disk.let()
        await reader
        await until(lambda: disk.is_held)
        assert not writer.done()
        disk.let()
    store.close()


async def test_nobody_waits_where_nothing_is_on_its_way():
    for storage in (Disk(), MemoryStorage()):
        store = Store(storage)
        if storage.waits:
            await store.settled(0)
        else:
            store.put("t", manifest("a"))
        waiting = store.settled(0)
        with pytest.raises(StopIteration):  # ends without giving the loop a turn
            waiting.send(None)
        store.close()


async def test_a_refused_commit_takes_what_was_built_on_it_along():
    disk = Disk()
    store = Store(disk)
    kept = store.put("t", manifest("kept", ownerReferences=[{"uid": "one"}]))
    gone = store.put("t", manifest("gone"))
    await store.settled(0)
    disk.script = [("refused", 1)]
    store.put("t", manifest("kept", ownerReferences=[{"uid": "two"}]))
    store.remove("t", gone, manifest("gone"))
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.TaskGroup() as group:
            group.create_task(store.settled(0))
            await until(lambda: disk.is_held)
            store.put("t", manifest("gone", uid="another"))
            store.put("t", manifest("new", ownerReferences=[{"uid": "two"}]))
            group.create_task(store.settled(0))
            disk.let()
    assert [error.code for error in raised.value.exceptions] == [500, 500]
    assert "disk is full" in str(raised.value.exceptions[1])
    assert names(store) == ["gone", "kept"]
    assert store.get_or_none("t", "ns", "kept") is kept
    assert store.by_uid_or_none("uid-gone") == ("t", gone)
    assert store.by_uid_or_none("another") is None
    assert (store.owned_by("one"), store.owned_by("two")) == ([("t", kept)], [])
    assert store.revision == store.durable_revision == disk.revision
    store.put("t", manifest("later"))
    await store.settled(store.losses)
    assert [row.name for row in disk.log] == ["kept", "gone", "later"]
    store.close()


async def test_who_knew_something_from_before_a_loss_is_told_and_who_begins_after_it_is_not():
    disk = Disk()
    disk.script = [("refused", 0)]
    store = Store(disk)
    before = store.losses
    store.put("t", manifest("a"))
    with pytest.raises(StatusError):
        await store.settled(before)
    with pytest.raises(StatusError):
        await store.settled(before)
    await store.settled(store.losses)
    store.close()


async def test_watchers_see_what_is_durable_and_nothing_that_was_lost():
    disk = Disk()
    disk.script = [("kept", 1), ("refused", 1)]
    store = Store(disk)
    waker = asyncio.Event()
    store.subscribe("t", waker)
    log = store.history("t")
    start = log.end
    store.put("t", manifest("a"))
    waiting = asyncio.ensure_future(store.settled(0))
    await until(lambda: disk.is_held)
    assert (log.since(start), waker.is_set()) == ([], False)
    store.put("t", manifest("lost"))
    disk.let()
    await waiting
    assert ([change.after.name for change in log.since(start)], waker.is_set()) == (["a"], True)
    waker.clear()
    waiting = asyncio.ensure_future(store.settled(0))
    await until(lambda: disk.is_held)
    disk.let()
    with pytest.raises(StatusError):
        await waiting
    assert ([change.after.name for change in log.since(start)], waker.is_set()) == (["a"], False)
    assert log.end == start + 1
    store.close()


async def test_observers_follow_a_loss_back():
    disk = Disk()
    store = Store(disk)
    kept = store.put("t", manifest("a"))
    await store.settled(0)
    seen = []
    store.observe(lambda table, change: seen.append((change.before, change.after, change.gone)))
    disk.script = [("refused", 0)]
    changed = store.put("t", manifest("a"))
    final = store.remove("t", changed, manifest("a"))
    new = store.put("t", manifest("b"))
    with pytest.raises(StatusError):
        await store.settled(0)
    assert seen == [
        (kept, changed, False),
        (changed, final, True),
        (None, new, False),
        (new, new, True),
        (None, changed, False),
        (changed, kept, False),
    ]
    store.close()


async def test_a_defect_of_the_storage_loses_writes_like_a_full_disk_and_is_logged(caplog):
    disk = Disk()
    disk.script = [("broken", 0)]
    store = Store(disk)
    store.put("t", manifest("a"))
    with caplog.at_level(logging.ERROR), pytest.raises(StatusError, match="log says why"):
        await store.settled(0)
    assert names(store) == []
    assert "commit failed" in caplog.text
    store.close()


async def test_a_waiter_that_gives_up_takes_nobody_along():
    disk = Disk()
    disk.script = [("kept", 1)]
    store = Store(disk)
    store.put("t", manifest("a"))
    impatient, patient = (asyncio.ensure_future(store.settled(0)) for _ in range(2))
    await until(lambda: disk.is_held)
    impatient.cancel()
    await asyncio.wait([impatient])
    disk.let()
    await patient
    assert impatient.cancelled()
    assert names(store) == ["a"]
    store.close()


def test_without_a_loop_a_flush_brings_writes_to_the_disk_or_says_that_it_cannot():
    disk = Disk()
    store = Store(disk)
    store.put("t", manifest("a"))
    store.flush()
    assert disk.sizes == [1]
    disk.script = [("refused", 0)]
    store.put("t", manifest("b"))
    with pytest.raises(StatusError, match="disk is full"):
        store.flush()
    assert names(store) == ["a"]
    store.flush()
    store.close()


async def test_closing_waits_for_the_commit_on_its_way_and_keeps_what_gathers():
    disk = Disk()
    disk.script = [("kept", 1)]
    store = Store(disk)
    store.put("t", manifest("a"))
    waiting = asyncio.ensure_future(store.settled(0))
    await until(lambda: disk.is_held)
    store.put("t", manifest("b"))
    disk.let()
    store.close()
    assert disk.sizes == [1, 1]
    assert disk.is_closed
    await waiting


def test_what_is_lost_at_the_end_is_logged(caplog):
    disk = Disk()
    disk.script = [("refused", 0)]
    store = Store(disk)
    store.put("t", manifest("a"))
    store.close()
    assert "writes were lost at the end" in caplog.text
    assert disk.is_closed
