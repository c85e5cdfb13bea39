"""Where objects survive the process: the protocol, and the storage that survives nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from dokaseca.model.errors import TransientError

REMEDY: Final = "put a copy from before in its place, or move the file away to start anew"


class StorageFailed(TransientError):
    """The disk refused a write (full, read-only, failing); nothing of it was kept."""

    default_reason = "StorageFailed"


@dataclass(frozen=True, slots=True)
class Row:
    """One object as stored: `data` is its JSON, or None where the object is gone."""

    table: str
    namespace: str
    name: str
    revision: int
    data: bytes | None


class Storage(Protocol):
    """The durable side of one cluster's store. Calls come one at a time, of any thread.

    Attributes:
        waits: whether a write waits for a disk. Where it does not, it is part of the change in memory; where it does,
            the change is made in memory first, written together with others, and undone when the disk refuses.
    """

    waits: bool

    @property
    def where(self) -> str:
        """The file, for messages."""
        ...

    def load(self) -> tuple[int, Iterator[Row]]:
        """The last revision ever given, and every living object.

        Raises:
            IntegrityError: the content is damaged.
        """
        ...

    def write(self, rows: Sequence[Row]) -> None:
        """Keep all of `rows` or none; when this returns, neither a kill nor a power cut loses them.

        Raises:
            StorageFailed: the disk refused; nothing was kept.
        """
        ...

    def close(self) -> None:
        """Give the files back; idempotent."""
        ...


class MemoryStorage:
    """Keeps nothing: objects live as long as the process."""

    where = "memory"
    waits = False

    def load(self) -> tuple[int, Iterator[Row]]:
        return 0, iter(())

    def write(self, rows: Sequence[Row]) -> None:
        """Every write is as durable as it will ever be."""

    def close(self) -> None:
        """Nothing is held."""
