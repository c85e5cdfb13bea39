"""A content-addressed cache of bytes: losing it costs time, never correctness."""

from __future__ import annotations

from typing import Protocol


class ObjectStore(Protocol):
    def get_or_none(self, key: str) -> bytes | None:
        """What was put under `key`, or None; a damaged entry counts as absent."""
        ...

    def put(self, key: str, value: bytes) -> None:
        """Keep `value`. A full or read-only disk is not an error: the value is then simply not kept."""
        ...
