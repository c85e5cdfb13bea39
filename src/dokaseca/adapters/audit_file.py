"""The audit trail in a file: one line per record, on the disk before it counts."""

from __future__ import annotations

import os
from pathlib import Path

import orjson

from dokaseca.model.errors import TransientError


class AuditFile:
    """`ports.audit_sink.AuditSink`. A last line that a crash cut off is dropped: it was never acknowledged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = _repair(path)

    def last_digest(self) -> str:
        return self._last

    def append(self, line: bytes) -> None:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                if os.write(descriptor, line + b"\n") != len(line) + 1:
                    os.ftruncate(descriptor, size)
                    raise OSError("short write")
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise TransientError(
                f"the audit trail cannot be written ({error.strerror or error}); free space or correct the permissions",
                reason="AuditUnavailable",
                subject=str(self._path),
            ) from error
        self._last = str(orjson.loads(line).get("digest") or "")


def _repair(path: Path) -> str:
    """Cut a torn last line off; the digest of the last whole one."""
    try:
        with path.open("r+b") as file:
            content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            if len(whole) != len(content):
                file.truncate(len(whole))
    except FileNotFoundError:
        return ""
    lines = whole.splitlines()
    try:
        return str(orjson.loads(lines[-1]).get("digest") or "") if lines else ""
    except orjson.JSONDecodeError:
        return ""
