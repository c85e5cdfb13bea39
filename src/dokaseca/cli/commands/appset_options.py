"""Options and output that the commands on ApplicationSets share."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from dokaseca.cli import shown
from dokaseca.kit import redact
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.offline.inputs import Given

F = TypeVar("F", bound=Callable[..., Any])

QUIET_SECONDS = 1.0  # work that takes less tells nothing of how far it is
LINE_SECONDS = 5.0  # between two lines where nobody looks on
PROBLEMS_SHOWN = 20  # one mistake repeats itself for every cluster
MOVE_SECONDS = 0.1  # between two states of a line that moves

path = click.argument("path", type=click.Path(path_type=Path), default=".")


def inputs(function: F) -> F:
    """`--clusters`, `--repo` and `--worktree`, handed over as `clusters`, `repo` and `worktree`."""
    for option in (
        click.option(
            "--worktree",
            is_flag=True,
            help="Read repositories' folders as they are, with uncommitted changes, not the revision asked for.",
        ),
        click.option(
            "--repo",
            multiple=True,
            metavar="URL=FOLDER",
            help="Where a repository that git generators read lies on this machine; may be repeated. The repository "
            "around PATH is known by its remotes.",
        ),
        click.option(
            "--clusters",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="FILE|FOLDER",
            help="Cluster Secrets, a platform file, .tfvars, or files of a clusters repository; may be repeated.",
        ),
    ):
        function = option(function)
    return function


def given(clusters: Iterable[Path], repo: Iterable[str], worktree: bool) -> Given:
    """The options as one value."""
    return Given(tuple(clusters), tuple(repo), worktree)


def note(message: str) -> None:
    """Something worth knowing that is no error."""
    click.echo(f"note: {shown.line(message)}", err=True)


def problems(messages: Sequence[str]) -> bool:
    """Print errors, as many as help; whether there were any."""
    for message in messages[:PROBLEMS_SHOWN]:
        click.echo(f"{click.style('error:', fg='red', bold=True)} {shown.line(message)}", err=True)
    if len(messages) > PROBLEMS_SHOWN:
        click.echo(f"... and {len(messages) - PROBLEMS_SHOWN} more errors", err=True)
    return bool(messages)


def clean(manifest: Manifest) -> Manifest:
    """For print: credentials in texts masked. Thousands of Applications share most of their texts."""
    cleaned: Manifest = _clean(manifest)
    return cleaned


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_clean(one) for one in value]
    return _masked(value) if isinstance(value, str) else value


_masked = functools.lru_cache(maxsize=50_000)(redact.text)


class ProgressLine:
    """How far long work is, on stderr: a line that moves where a person looks on, else a line now and then.

    Args:
        is_terminal: whether a person looks on; None finds out.
        now: seconds of a clock that never goes back.
    """

    def __init__(self, *, is_terminal: bool | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._started = self._told = now()
        self._is_terminal = sys.stderr.isatty() if is_terminal is None else is_terminal
        self._is_open = False

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_open:
            click.echo("\r\x1b[K", err=True, nl=False, color=True)

    def __call__(self, done: int, total: int, applications: int) -> None:
        now = self._now()
        pause = MOVE_SECONDS if self._is_terminal else LINE_SECONDS
        if now - self._started < QUIET_SECONDS or now - self._told < pause:
            return
        self._told = now
        text = f"{done}/{total} ApplicationSets, {applications} Applications"
        if self._is_terminal:
            self._is_open = True
            click.echo(f"\r\x1b[K{text}", err=True, nl=False, color=True)
        else:
            click.echo(text, err=True)
