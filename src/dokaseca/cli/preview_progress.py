"""How far a preview is, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final

import click

QUIET_SECONDS: Final = 1.0  # work that takes less tells nothing of how far it is
MOVE_SECONDS: Final = 0.1  # between two states of a line that moves
LINE_SECONDS: Final = 5.0  # between two lines where nobody looks on


class PreviewProgress:
    """A line that moves where a person looks on, else a line now and then.

    Args:
        is_terminal: whether a person looks on; None finds out.
        now: seconds of a clock that never goes back.
    """

    def __init__(self, *, is_terminal: bool | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._is_terminal = sys.stderr.isatty() if is_terminal is None else is_terminal
        self._next = now() + QUIET_SECONDS
        self._is_open = False

    def __enter__(self) -> PreviewProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_open:
            click.echo("\r\x1b[K", err=True, nl=False, color=True)

    def __call__(self, done: int, total: int) -> None:
        if self._now() < self._next:
            return
        self._next = self._now() + (MOVE_SECONDS if self._is_terminal else LINE_SECONDS)
        text = f"{done}/{total} Applications compared"
        if self._is_terminal:
            self._is_open = True
            click.echo(f"\r\x1b[K{text}", err=True, nl=False, color=True)
        else:
            click.echo(text, err=True)
