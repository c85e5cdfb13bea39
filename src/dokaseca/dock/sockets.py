"""How many sockets a listener holds, counted from the moment that the kernel hands them over.

The limits follow from how many files the process may open: files, repositories and other clusters need some too. Room
is made, where it lacks, at the cost of the clients that have not shown yet who they are, the oldest first.
"""

from __future__ import annotations

import errno
import logging
import os
import resource
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

log = logging.getLogger("dokaseca.dock")

_FILES: Final = 65_536  # as many as are asked for: more would only make programs slow that close all they could have
_RESERVE: Final = 64  # files that connections leave to others at least
_STRANGERS: Final = 256  # clients that have not shown who they are; each costs about 100 kB
BATCH: Final = 16  # accepted in one turn of the loop: handshakes under way come in between
_QUEUE: Final = 512  # that the kernel keeps until they are accepted
_TELL_SECONDS: Final = 60.0  # between two lines of log about clients that were turned away


@dataclass(frozen=True, slots=True)
class Limits:
    """What a listener may hold.

    Attributes:
        connections: open ones at once.
        strangers: how many of them may be of clients that have not shown who they are.
        descriptors: a file number from here on says that the process is about to run out of files.
    """

    connections: int
    strangers: int
    descriptors: int


def limits(connections: int) -> Limits:
    """At most so many connections, fewer where the process may not open as many files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _FILES if soft == resource.RLIM_INFINITY else soft
    descriptors = max(files - max(_RESERVE, files // 8), 0)
    return Limits(min(connections, descriptors), min(_STRANGERS, max(files // 4, 1)), descriptors)


def raise_file_limit() -> int:
    """Let this process open as many files as it is allowed to ask for; how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    with suppress(ValueError, OSError):  # what we have must do then: limits follow from it
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Door(socket.socket):
    """A listening socket whose `accept` closes, at once, what is one too many.

    Args:
        allowed: the limits as they are now.
    """

    def __init__(self, allowed: Callable[[], Limits]) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.setblocking(False)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._allowed = allowed
        self._strangers: dict[int, _Guest] = {}
        self._known: set[int] = set()
        self._spare = _spare_or_none()
        self._turned_away = 0
        self._tell_at = 0.0

    @property
    def count(self) -> int:
        """Open connections, but for those that were just told to end."""
        return len(self._strangers) + len(self._known)

    @property
    def strangers(self) -> int:
        """Those of them whose client has not shown who it is."""
        return len(self._strangers)

    def listen(self, backlog: int = 0, /) -> None:
        """Listen; `backlog` is how many asyncio accepts in one turn, the kernel keeps more."""
        super().listen(max(backlog, _QUEUE))

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that there is room for.

        Raises:
            BlockingIOError: nobody waits.
            ConnectionAbortedError: one was turned away; there may be more.
        """
        try:
            accepted, address = super().accept()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self._turn_away_without_files()
            raise ConnectionAbortedError from error
        if not self._has_room(accepted.fileno()):
            accepted.close()
            self._tell()
            raise ConnectionAbortedError
        guest = _Guest(accepted, self.forget)
        self._strangers[guest.fileno()] = guest
        return guest, address

    def welcome(self, descriptor: int) -> None:
        """The client of this connection has shown who it is."""
        if self._strangers.pop(descriptor, None) is not None:
            self._known.add(descriptor)

    def forget(self, guest: _Guest) -> None:
        """A connection is about to be closed."""
        descriptor = guest.fileno()
        if self._strangers.get(descriptor) is guest:
            del self._strangers[descriptor]
        else:
            self._known.discard(descriptor)

    def close(self) -> None:
        """Stop listening; connections go on."""
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None
        super().close()

    def _has_room(self, descriptor: int) -> bool:
        allowed = self._allowed()
        if descriptor >= allowed.descriptors:
            self._show_out()
            return False
        while self._strangers and self.strangers >= min(allowed.strangers, allowed.connections - len(self._known)):
            self._show_out()
        return self.count < allowed.connections

    def _show_out(self) -> None:
        """End the oldest connection of a stranger: its transport reads the end, and closes."""
        if not self._strangers:
            return
        guest = self._strangers.pop(next(iter(self._strangers)))
        with suppress(OSError):  # the client has left already
            guest.shutdown(socket.SHUT_RDWR)
        self._tell()

    def _turn_away_without_files(self) -> None:
        """Close the connection that waits, by help of the file that is kept for this: waiting, it would be a loop."""
        if self._spare is not None:
            os.close(self._spare)
        with suppress(OSError):  # somebody else was faster, or the client has left
            super().accept()[0].close()
        self._spare = _spare_or_none()
        self._show_out()
        self._tell()

    def _tell(self) -> None:
        self._turned_away += 1
        now = time.monotonic()
        if now >= self._tell_at:
            fields = {"connections": self._turned_away, "open": self.count, "strangers": self.strangers}
            log.warning("turned clients away: too many connections", extra={"fields": fields})
            self._turned_away, self._tell_at = 0, now + _TELL_SECONDS


class _Guest(socket.socket):
    """An accepted connection, which says when it is closed."""

    def __init__(self, accepted: socket.socket, forget: Callable[[_Guest], None]) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._forget = forget

    def close(self) -> None:
        """Close, once; the number may be another's from then on."""
        if self.fileno() >= 0:
            self._forget(self)
        super().close()


def _spare_or_none() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
