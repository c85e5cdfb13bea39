"""Starts a program that outlives us and its terminal, and hears from it once: that it is ready, or why it is not."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dokaseca.model.errors import TransientError, UserError

WORD_BYTES: Final = 64 * 1024
LAST_BYTES: Final = 2_000  # of the log, for an error that says nothing itself


@dataclass(frozen=True, slots=True)
class Started:
    """A program in the background, and what it said."""

    pid: int
    word: bytes


def start(argv: Sequence[str], log: Path, environment: Mapping[str, str], *, timeout_seconds: float) -> Started:
    """Run `argv` in a session of its own until it closes its standard output: that is where it says its word.

    Standard error is appended to `log`. A program that ends before, or takes too long, is gone when this raises.

    Raises:
        UserError: the log or the program cannot be opened.
        TransientError: it ended without a word, or was not ready in time.
    """
    reading, writing = os.pipe()
    try:
        try:
            pid = _spawn(argv, log, environment, writing)
        finally:
            os.close(writing)
        try:
            word = _hear(reading, time.monotonic() + timeout_seconds)
        except BaseException:
            _end(pid)
            raise
    except TimeoutError as error:
        raise TransientError(
            f"was not ready after {timeout_seconds:.0f} s and was stopped; {log} says more",
            reason="NotReady",
            subject=Path(argv[0]).name,
        ) from error
    finally:
        os.close(reading)
    if not word:
        _end(pid)
        raise TransientError(f"ended before it was ready: {_last_words(log)}", reason="NotReady", subject=str(log))
    return Started(pid, word)


def detach() -> None:
    """In the program itself: no folder is held, and what is printed from now on goes to the log."""
    os.chdir("/")
    sys.stdout.flush()
    os.dup2(2, 1)


def reap(pid: int) -> None:
    """Take notice of the end of a program that has said why it ends."""
    _end(pid)


def _spawn(argv: Sequence[str], log: Path, environment: Mapping[str, str], writing: int) -> int:
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, writing, 1),
        (os.POSIX_SPAWN_OPEN, 2, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
    ]
    try:
        return os.posix_spawn(
            argv[0], list(argv), dict(environment), file_actions=actions, setsid=True, setsigdef=[signal.SIGINT]
        )
    except OSError as error:
        raise UserError(
            f"cannot be started ({error.strerror}); check that {log} can be written",
            reason="InvalidArgument",
            subject=Path(argv[0]).name,
        ) from error


def _hear(reading: int, deadline: float) -> bytes:
    """What the program says until it closes the pipe.

    Raises:
        TimeoutError: it does not in time.
    """
    parts: list[bytes] = []
    while sum(map(len, parts)) < WORD_BYTES:
        if not select.select([reading], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        part = os.read(reading, 4096)
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return


def _last_words(log: Path) -> str:
    try:
        text = log.read_bytes()[-LAST_BYTES:].decode(errors="replace").strip()
    except OSError:
        text = ""
    return text.splitlines()[-1] if text else "its log is empty"
