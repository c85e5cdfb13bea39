"""Objects in one SQLite file per cluster.

WAL with synchronous=FULL: a commit is on the disk when it returns, so that neither kill -9 nor a power cut loses what
was acknowledged. Checkpoints, which move much at once, run in a thread of their own and never in the writer's way.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from dokaseca.dock.store import storage
from dokaseca.model.errors import IntegrityError, UserError

_CHECKPOINT_WRITES: Final = 2_000  # commits between two checkpoints: about 8 MB of WAL at typical object sizes
_ROWS_AT_ONCE: Final = 64  # in one statement; SQLite takes 32,766 values
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
  tbl TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (tbl, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('revision', 0);
"""


class SqliteStorage:
    """Opens, or makes, `path` and locks it against other processes.

    Raises:
        UserError: reason StateLocked: another process has it; reason StateUnusable: the folder cannot be written.
        IntegrityError: the file is not a database of ours.
    """

    waits = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._since_checkpoint = 0
        self._checkpointer: threading.Thread | None = None
        self._lock_file = _lock(path)
        try:
            self._connection = self._open()
        except BaseException:
            os.close(self._lock_file)
            raise
        self._closed = False

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=5.0)
        except sqlite3.Error as error:
            raise UserError(
                f"the state file cannot be opened ({error})", reason="StateUnusable", subject=str(self._path)
            ) from error
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute("PRAGMA cache_size=-256")
            connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise _opening_failed(error, self._path) from error
        return connection

    @property
    def where(self) -> str:
        """The state file."""
        return str(self._path)

    def load(self) -> tuple[int, Iterator[storage.Row]]:
        """See `Storage.load`; the rows come in table, namespace, name order."""
        try:
            ((revision,),) = self._connection.execute("SELECT value FROM meta WHERE key='revision'").fetchall()
            rows = self._connection.execute("SELECT tbl, namespace, name, revision, data FROM objects").fetchall()
            return int(revision), (storage.Row(*row) for row in rows)
        except (sqlite3.DatabaseError, ValueError) as error:
            message = f"the state file is damaged ({error}); {storage.REMEDY}"
            raise IntegrityError(message, subject=self.where) from error

    def write(self, rows: Sequence[storage.Row]) -> None:
        """See `Storage.write`."""
        run = self._connection.execute
        newest = {(row.table, row.namespace, row.name): row for row in rows}
        kept = [(*key, row.revision, row.data) for key, row in newest.items() if row.data is not None]
        gone = [key for key, row in newest.items() if row.data is None]
        try:
            run("BEGIN IMMEDIATE")
            self._run_for_all("INSERT OR REPLACE INTO objects VALUES {}", kept)
            self._run_for_all("DELETE FROM objects WHERE (tbl, namespace, name) IN (VALUES {})", gone)
            run("UPDATE meta SET value=? WHERE key='revision'", (max(row.revision for row in rows),))
            run("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise storage.StorageFailed(f"the state could not be written ({error})", subject=str(self._path)) from error
        self._since_checkpoint += 1
        if self._since_checkpoint >= _CHECKPOINT_WRITES:
            self._checkpoint_soon()

    def _run_for_all(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run `statement` for many rows at once: between two statements this thread waits for the loop's to pause."""
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            places = ",".join(f"({','.join('?' * len(row))})" for row in part)
            self._connection.execute(statement.format(places), [*chain.from_iterable(part)])

    def close(self) -> None:
        """Checkpoint, close and unlock; idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._checkpointer is not None:
            self._checkpointer.join()
        self._connection.close()
        os.close(self._lock_file)

    def _checkpoint_soon(self) -> None:
        if self._checkpointer is not None and self._checkpointer.is_alive():
            return
        self._since_checkpoint = 0
        self._checkpointer = threading.Thread(
            target=_checkpoint, args=(self._path,), name="dock-checkpoint", daemon=True
        )
        self._checkpointer.start()


def _checkpoint(path: Path) -> None:
    """Move the WAL into the database file as far as readers allow; a failure is tried again with the next one."""
    connection = sqlite3.connect(path, timeout=1.0)
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error:  # a full disk: the WAL keeps every commit, and the writer reports when that fails
        return
    finally:
        connection.close()


def _lock(path: Path) -> int:
    lock_path = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"the folder of the state cannot be written ({error.strerror}); choose another or give permission"
        raise UserError(message, reason="StateUnusable", subject=str(path.parent)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        message = "another process uses this state; stop it first, or choose another folder"
        raise UserError(message, reason="StateLocked", subject=str(path)) from error
    return descriptor


def _opening_failed(error: sqlite3.DatabaseError, path: Path) -> UserError | IntegrityError:
    if isinstance(error, sqlite3.OperationalError):
        message = f"the state file cannot be used ({error}); check space and permissions"
        return UserError(message, reason="StateUnusable", subject=str(path))
    return IntegrityError(f"not a state file of the dock ({error}); move it away to start anew", subject=str(path))
