"""Where audit records go."""

from __future__ import annotations

from typing import Protocol


class AuditSink(Protocol):
    def last_digest(self) -> str:
        """The digest of the newest record, empty for a new trail: what the next record chains to."""
        ...

    def append(self, line: bytes) -> None:
        """Add one record (one line of JSON without newline), durable when this returns.

        Raises:
            ConflictError: another writer was first: chain the record to its record, and append again.
            TransientError: it could not be written: the pass must fail closed.
        """
        ...
