from hypothesis import given
from hypothesis import strategies as st

from dokaseca.dock.store import history
from dokaseca.dock.store.history import Change, History, Stored


def change(revision, size=10):
    stored = Stored("", f"n{revision}", f"u{revision}", revision, b"x" * size, {}, ())
    return Change(revision, None, stored, gone=False)


def record(log, one):
    log.append(one)
    log.reveal()


def test_a_reader_gets_what_came_after_its_revision():
    log = History(3)
    for revision in (4, 6, 9):
        record(log, change(revision))
    assert [one.revision for one in log.since(log.position_after(4))] == [6, 9]
    assert [one.revision for one in log.since(log.position_after(3))] == [4, 6, 9]
    assert log.since(log.position_after(9)) == []


def test_a_revision_before_the_beginning_has_no_position():
    assert History(3).position_after(2) is None


def test_a_reader_that_was_overtaken_is_told_so():
    log = History(0)
    position = log.position_after(0)
    for revision in range(1, history.CHANGES + 2):
        record(log, change(revision))
    assert log.since(position) is None
    assert log.position_after(1) is None
    assert log.position_after(history.CHANGES) is not None


def test_large_objects_are_dropped_by_size_but_the_newest_stays():
    log = History(0)
    for revision in range(1, 5):
        record(log, change(revision, history.BYTES))
    position = log.position_after(3)
    assert [one.revision for one in log.since(position)] == [4]


def test_the_newest_changes_are_hidden_until_they_are_durable_and_can_be_taken_back():
    log = History(0)
    for revision in (1, 2, 3):
        log.append(change(revision))
    assert log.since(0) == []
    log.reveal()
    assert [one.revision for one in log.since(0)] == [1]
    log.retract()
    log.retract()
    record(log, change(2))
    assert [one.revision for one in log.since(0)] == [1, 2]
    assert log.end == 2


def test_hidden_changes_are_never_dropped():
    log = History(0)
    for revision in range(1, history.CHANGES + 3):
        log.append(change(revision, history.BYTES))
    for _ in range(3):
        log.reveal()
    log.compact()
    assert log.complete_after == 3
    for _ in range(4, history.CHANGES + 3):
        log.retract()
    assert log.end == 3


@given(st.lists(st.integers(1, 5), max_size=60), st.integers(0, 200))
def test_reading_on_from_any_revision_misses_nothing(steps, start):
    log, revision, all_revisions = History(0), 0, []
    for step in steps:
        revision += step
        all_revisions.append(revision)
        record(log, change(revision))
    assert [one.revision for one in log.since(log.position_after(start))] == [
        one for one in all_revisions if one > start
    ]
