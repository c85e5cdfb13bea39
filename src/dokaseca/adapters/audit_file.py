"""The audit trail in a file: one line per record, on the disk before it counts."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from dokaseca.model.errors import ConflictError, IntegrityError, TransientError

LINE_BYTES = 64 * 1024  # a record has a bounded message: what is longer is none


class AuditFile:
    """`ports.audit_sink.AuditSink`. Several processes may append: a lock on the file lets one at a time.

    A last line that a crash cut off is dropped at the next append: it was never acknowledged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def last_digest(self) -> str:
        """The digest of the newest whole record, empty for a new trail.

        Raises:
            TransientError: the file cannot be read.
            IntegrityError: its last line is no record.
        """
        try:
            with self._opened(os.O_RDONLY, fcntl.LOCK_SH) as descriptor:
                return self._last(descriptor)[0]
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._unavailable("read", error) from error

    def append(self, line: bytes) -> None:
        """Add one record; it is on the disk when this returns, and nothing of it is when this raises.

        Raises:
            ConflictError: another process has appended since the record was chained; chain it anew.
            TransientError: the file cannot be written.
            IntegrityError: its last line is no record: nothing may be chained to it.
        """
        is_new = not self._path.exists()
        try:
            with self._opened(os.O_RDWR | os.O_CREAT | os.O_APPEND, fcntl.LOCK_EX) as descriptor:
                self._write(descriptor, line)
            if is_new:
                self._sync_folder()
        except OSError as error:
            raise self._unavailable("written", error) from error

    @contextlib.contextmanager
    def _opened(self, flags: int, lock: int) -> Iterator[int]:
        descriptor = os.open(self._path, flags | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, lock)
            yield descriptor
        finally:
            os.close(descriptor)

    def _write(self, descriptor: int, line: bytes) -> None:
        last, whole_bytes = self._last(descriptor)
        if _text(_entry(line), "previous") != last:
            raise ConflictError("another process has written to the audit trail", subject=str(self._path))
        if len(line) >= LINE_BYTES or b"\n" in line:
            raise OSError(f"a record is one line of less than {LINE_BYTES} bytes")
        os.ftruncate(descriptor, whole_bytes)
        try:
            if os.write(descriptor, line + b"\n") != len(line) + 1:
                raise OSError("the disk took only a part of the record")
            os.fdatasync(descriptor)
        except OSError:
            os.ftruncate(descriptor, whole_bytes)
            raise

    def _last(self, descriptor: int) -> tuple[str, int]:
        """The digest of the last whole line, and how many bytes whole lines take."""
        size = os.fstat(descriptor).st_size
        start = max(0, size - 2 * LINE_BYTES)
        tail = os.pread(descriptor, size - start, start)
        end = tail.rfind(b"\n") + 1
        if end == 0 and start == 0:
            return "", 0
        last = tail[:end].removesuffix(b"\n").rpartition(b"\n")[2]
        digest = _text(_entry(last), "digest")
        if not digest:
            raise IntegrityError(
                "the last line of the audit trail is no record; restore the file from a backup, or move it away to "
                "begin a new trail",
                reason="BrokenChain",
                subject=str(self._path),
            )
        return digest, start + end

    def _sync_folder(self) -> None:
        """Make the file's name durable: without it a crash may lose the whole new file."""
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _unavailable(self, verb: str, error: OSError) -> TransientError:
        return TransientError(
            f"the audit trail cannot be {verb} ({error.strerror or error}); free space or correct the permissions",
            reason="AuditUnavailable",
            subject=str(self._path),
        )


def _entry(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _text(entry: Any, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""
