"""`dokaseca up`: bring the platform up and keep it running."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from dokaseca.cli import exit_codes, options, output
from dokaseca.cli.progress import Reporter, TerminalReporter
from dokaseca.wiring import settings
from dokaseca.wiring.overview import UpOutcome
from dokaseca.wiring.settings import UpOptions
from dokaseca.wiring.up import up

_HELP = """Bring the platform up and keep it running.

An empty folder becomes a hub, application clusters, three Git repositories and a chart repository; from then on every
commit pushed to the repositories is deployed, and drift is healed. A folder that has been up before resumes: nothing is
created again.

\b
Examples:
  dokaseca up                               # in ./dokaseca-platform, until Ctrl-C
  dokaseca up --dir ./p -f platform.yaml    # with your own clusters and flags
  dokaseca up --once && echo converged      # for scripts: exits when all is Synced and Healthy
"""


@click.command("up", help=_HELP)
@options.folder
@click.option(
    "-f",
    "--file",
    "platform_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A platform file; it is kept in the folder.  [default: the folder's platform.yaml, else the example's]",
)
@click.option("--once", is_flag=True, help="Exit when all is Synced and Healthy; 1 with the reasons when it is not.")
@click.option(
    "--timeout",
    type=options.DURATION,
    default=settings.TIMEOUT_SECONDS,
    help="How long that may take.  [default: 5m]",
)
def command(folder: Path, platform_file: Path | None, once: bool, timeout: float) -> int:
    """Run until converged, or until a signal."""
    chosen = UpOptions(folder=folder, platform_file=platform_file, once=once, timeout_seconds=timeout)
    reporter = TerminalReporter() if output.is_terminal() else Reporter()
    with reporter:
        outcome = asyncio.run(_run(chosen, reporter))
    return exit_codes.OK if outcome.converged or not once else exit_codes.NO


async def _run(chosen: UpOptions, reporter: Reporter) -> UpOutcome:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            loop.add_signal_handler(number, stop.set)
    reporter.keeps_running = not chosen.once
    return await up(chosen, reporter, stop)
