"""A content-addressed cache: a little in memory, more on disk. Losing it costs time, never correctness."""

from __future__ import annotations

import contextlib
import os
from collections import OrderedDict
from pathlib import Path

from dokaseca.kit import digest

MEMORY_BYTES = 32 * 1024 * 1024
ENTRY_BYTES = 64 * 1024 * 1024


class DiskStore:
    """`ports.object_store.ObjectStore`: a file per key, its content guarded by a digest in its first line."""

    def __init__(self, folder: Path, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._limit = memory_bytes
        self._size = 0

    def get_or_none(self, key: str) -> bytes | None:
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        try:
            guard, _, value = self._path(key).read_bytes().partition(b"\n")
        except OSError:
            return None
        if digest.of_bytes(value).encode() != guard:
            return None
        self._remember(key, value)
        return value

    def put(self, key: str, value: bytes) -> None:
        if len(value) > ENTRY_BYTES:
            return
        self._remember(key, value)
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(digest.of_bytes(value).encode() + b"\n" + value)
            temporary.replace(path)
            return
        with contextlib.suppress(OSError):
            temporary.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    def _remember(self, key: str, value: bytes) -> None:
        self._size += len(value) - len(self._memory.pop(key, b""))
        self._memory[key] = value
        while self._size > self._limit and len(self._memory) > 1:
            _, dropped = self._memory.popitem(last=False)
            self._size -= len(dropped)
