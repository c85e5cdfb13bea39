import subprocess
import sys
import textwrap

import pytest

from dokaseca.dock.store.sqlite import SqliteStorage
from dokaseca.dock.store.storage import Row, StorageFailed
from dokaseca.model.errors import IntegrityError, UserError


def row(name, revision, data=b"{}"):
    return Row("configmaps", "default", name, revision, data)


def loaded(path):
    storage = SqliteStorage(path)
    revision, rows = storage.load()
    found = list(rows)
    storage.close()
    return revision, found


def test_what_was_written_is_there_after_reopening(tmp_path):
    storage = SqliteStorage(tmp_path / "state.db")
    storage.write([row("a", 5), row("b", 6)])
    storage.write([row("a", 7, None)])
    storage.close()
    assert loaded(tmp_path / "state.db") == (7, [row("b", 6)])


def test_a_second_opener_is_told_that_another_process_has_it(tmp_path):
    storage = SqliteStorage(tmp_path / "state.db")
    with pytest.raises(UserError, match="another process uses this state") as raised:
        SqliteStorage(tmp_path / "state.db")
    assert raised.value.reason == "StateLocked"
    storage.close()
    storage.close()
    assert loaded(tmp_path / "state.db") == (0, [])


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "state.db"
    path.write_bytes(b"something else entirely, long enough to be read as a header" * 20)
    before = path.read_bytes()
    with pytest.raises(IntegrityError, match="not a state file of the dock"):
        SqliteStorage(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_a_users_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written") as raised:
        SqliteStorage(tmp_path / "file" / "state.db")
    assert raised.value.reason == "StateUnusable"


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_full_disk_refuses_the_write_and_keeps_what_was_there(tmp_path):
    done = run(
        """
        import resource, signal, sys
        from pathlib import Path
        from dokaseca.dock.store.sqlite import SqliteStorage
        from dokaseca.dock.store.storage import Row, StorageFailed
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        storage = SqliteStorage(Path(sys.argv[1]))
        storage.write([Row("t", "", "kept", 1, b"{}")])
        resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, resource.RLIM_INFINITY))
        try:
            storage.write([Row("t", "", "big", 2, b"x" * 1_000_000)])
        except StorageFailed as error:
            print("refused:", error.message)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        storage.write([Row("t", "", "after", 3, b"{}")])
        """,
        tmp_path / "state.db",
    )
    assert "refused: the state could not be written" in done.stdout, done.stderr
    revision, rows = loaded(tmp_path / "state.db")
    assert (revision, [one.name for one in rows]) == (3, ["after", "kept"])


def test_a_killed_process_loses_nothing_that_was_acknowledged(tmp_path):
    script = """
        import os, signal, sys
        from pathlib import Path
        from dokaseca.dock.store.sqlite import SqliteStorage
        from dokaseca.dock.store.storage import Row
        storage = SqliteStorage(Path(sys.argv[1]))
        for revision in range(1, 3001):
            storage.write([Row("t", "", f"n{revision}", revision, b"{}")])
        os.kill(os.getpid(), signal.SIGKILL)
        """
    assert run(script, tmp_path / "state.db").returncode == -9
    revision, rows = loaded(tmp_path / "state.db")
    assert revision == 3000
    assert len(rows) == 3000


def test_a_refused_transaction_is_rolled_back_as_a_whole(tmp_path):
    storage = SqliteStorage(tmp_path / "state.db")
    with pytest.raises(StorageFailed):
        storage.write([row("a", 1), Row("t", "", None, 2, b"{}")])  # type: ignore[arg-type]
    storage.write([row("b", 3)])
    storage.close()
    assert loaded(tmp_path / "state.db") == (3, [row("b", 3)])


def test_a_commit_waits_for_the_disk(tmp_path):
    storage = SqliteStorage(tmp_path / "state.db")
    run = storage._connection.execute
    assert run("PRAGMA journal_mode").fetchone() == ("wal",)
    assert run("PRAGMA synchronous").fetchone() == (2,)  # FULL
    storage.close()


def test_a_commit_may_be_large_and_its_last_word_on_an_object_counts(tmp_path):
    storage = SqliteStorage(tmp_path / "state.db")
    storage.write([row(f"n{number:03}", number) for number in range(1, 301)])
    gone = [row(f"n{number:03}", 300 + number, None) for number in range(1, 201)]
    storage.write([*gone, row("n001", 501), row("n300", 502, b"1"), row("n300", 503, None), row("n299", 504, b"[]")])
    storage.close()
    revision, rows = loaded(tmp_path / "state.db")
    assert revision == 504
    assert [one.name for one in rows] == ["n001", *(f"n{number}" for number in range(201, 300))]
    assert rows[0].revision == 501
    assert rows[-1] == row("n299", 504, b"[]")
