"""`dokaseca demo`: the whole journey in a new folder, shown and timed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from dokaseca.cli import exit_codes, output
from dokaseca.cli.output import Table
from dokaseca.cli.progress import Reporter
from dokaseca.model.errors import ConflictError, UserError
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring.demo import Demo, Step
from dokaseca.wiring.layout import Layout
from dokaseca.wiring.overview import UpOutcome
from dokaseca.wiring.settings import UpOptions
from dokaseca.wiring.up import up

_HELP = """Show the whole journey in a new folder, with times.

Brings a platform up, then does what a team does: a commit, a flag on a cluster, a deletion and an edit by hand, a file
removed from Git. Each effect is waited for and timed; one that does not show makes the demo fail with exit code 1.

\b
Examples:
  dokaseca demo                # waits for Enter between the steps where a person looks on
  CI=1 dokaseca demo           # never asks
  dokaseca demo --keep --dir ./demo
"""


class _Converged(Reporter):
    """Tells when the platform has converged."""

    def __init__(self) -> None:
        super().__init__()
        self.reached: asyncio.Future[UpOutcome] = asyncio.get_running_loop().create_future()

    def outcome(self, outcome: UpOutcome) -> None:
        super().outcome(outcome)
        self.reached.set_result(outcome)


@click.command("demo", help=_HELP)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new or empty folder.  [default: a temporary one]",
)
@click.option("--keep", is_flag=True, help="Keep the folder and let the platform run until Ctrl-C.")
def command(folder: Path | None, keep: bool) -> int:
    """Run the demo."""
    with _place(folder, keep) as place:
        return asyncio.run(_run(place, keep, asks=_is_interactive()))


@contextlib.contextmanager
def _place(folder: Path | None, keep: bool) -> Iterator[Path]:
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise UserError(
            "is not empty; the demo wants a folder of its own", reason="FolderNotUsable", subject=str(folder)
        )
    place = (folder or Path(tempfile.mkdtemp(prefix="dokaseca-demo-"))).resolve()
    try:
        yield place
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)


async def _run(place: Path, keep: bool, *, asks: bool) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    reporter = _Converged()
    _title(f"dokaseca up --dir {place}")
    async with Supervisor("demo") as tasks:
        running = tasks.start("up", _up(place, reporter, stop))
        steps: list[Step] = []
        try:
            await _either(reporter.reached, running)
            if not reporter.reached.done() or not reporter.reached.result().converged:
                return exit_codes.NO
            walking = tasks.start("steps", _walk(place, steps, asks=asks))
            await _either(walking, running)
        finally:
            if keep and not stop.is_set() and steps:
                click.echo(f"\nthe platform goes on in {place}; Ctrl-C stops it")
                await stop.wait()
            stop.set()
            await running
    _summary(steps)
    return exit_codes.OK


async def _up(place: Path, reporter: _Converged, stop: asyncio.Event) -> None:
    await up(UpOptions(folder=place), reporter, stop)


async def _walk(place: Path, steps: list[Step], *, asks: bool) -> None:
    demo = Demo(Layout(place))
    try:
        async for step in demo.steps():
            steps.append(step)
            _show(step)
            if asks:
                await asyncio.to_thread(click.pause, "  (any key goes on)")
    finally:
        await demo.close()


async def _either(first: asyncio.Future[UpOutcome] | asyncio.Task[None], running: asyncio.Task[None]) -> None:
    """Wait for `first`; a platform that ends before it ends the demo.

    Raises:
        ConflictError: the platform was stopped.
    """
    await asyncio.wait([first, running], return_when=asyncio.FIRST_COMPLETED)
    if first.done():
        first.result()
    else:
        running.result()
        raise ConflictError("the platform was stopped before the demo was over", reason="Interrupted")


def _is_interactive() -> bool:
    return sys.stdin.isatty() and output.is_terminal() and not os.environ.get("CI")


def _title(text: str) -> None:
    click.echo(click.style(f"\n== {text}", bold=True))


def _show(step: Step) -> None:
    _title(step.title)
    for line in step.commands:
        click.echo(f"   $ {line}")
    click.echo(f"   {step.effect}: after {step.seconds:.2f} s")


def _summary(steps: list[Step]) -> None:
    _title("What it took")
    output.print_table(Table(("STEP", "SECONDS"), [(step.title, f"{step.seconds:.2f}") for step in steps]))
