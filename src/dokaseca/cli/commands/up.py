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
from dokaseca.wiring.settings import HubChoice, UpOptions
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
  dokaseca up --hub-provider kubeconfig     # the hub is a cluster of yours; it is kept for this platform alone
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
@click.option(
    "--hub-provider",
    type=click.Choice(["dock", "envtest", "kubeconfig"]),
    help="What the hub is: a dock, a kube-apiserver with etcd, or a cluster of yours.  [default: as before, else dock]",
)
@click.option(
    "--hub-kubeconfig",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Of the cluster that is to be the hub.  [default: as before, else $KUBECONFIG, else ~/.kube/config]",
)
@click.option("--hub-context", default="", help="Its context.  [default: as before, else the current one]")
def command(
    folder: Path,
    platform_file: Path | None,
    once: bool,
    timeout: float,
    hub_provider: str | None,
    hub_kubeconfig: Path | None,
    hub_context: str,
) -> int:
    """Run until converged, or until a signal."""
    if hub_provider != "kubeconfig" and (hub_kubeconfig or hub_context):
        raise click.UsageError("--hub-kubeconfig and --hub-context go with --hub-provider kubeconfig")
    hub = HubChoice(hub_provider or "", hub_kubeconfig, hub_context)
    chosen = UpOptions(folder=folder, platform_file=platform_file, once=once, timeout_seconds=timeout, hub=hub)
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
