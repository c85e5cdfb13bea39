"""`dokaseca dock start`."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import click

from dokaseca.cli import exit_codes, output
from dokaseca.cli.commands import dock
from dokaseca.cli.output import Form, Table
from dokaseca.wiring import dock_clusters, dock_folder, layout
from dokaseca.wiring.dock_clusters import Wishes
from dokaseca.wiring.dock_folder import NODES, DockFolder, Record

PROGRAM = ("-m", "dokaseca.cli.dock_daemon")

_HELP = """Start a cluster, or find it running.

It runs in the background until `dokaseca dock stop`, and is ready when the command returns. A cluster that ran before
resumes with its state, on its port and with the options that it had, unless others are given.

\b
Examples:
  dokaseca dock start demo
  dokaseca dock start demo --kubeconfig ~/.kube/config && kubectl get nodes
  dokaseca dock start ci --in-memory --foreground
"""


@click.command("start", help=_HELP)
@click.argument("name")
@dock.folder
@click.option("--foreground", is_flag=True, help="Run here, until Ctrl-C.")
@click.option("--in-memory", is_flag=True, default=None, help="Keep no state: a stop forgets everything.")
@click.option("--port", type=click.IntRange(0, layout.LAST_PORT), help="Of the API.  [default: the last one, or free]")
@click.option(
    "--kubeconfig",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Put a context dock-NAME into this file too, and make it the current one.",
)
@click.option(
    "--simulator/--no-simulator",
    default=None,
    help="Whether nodes and controllers are simulated; without, objects are only stored.  [default: simulator]",
)
@click.option("--nodes", type=click.IntRange(1, NODES), help="How many nodes to simulate.  [default: 1]")
@output.option("table", "json", "yaml", "name")
def command(
    name: str,
    parent: Path,
    foreground: bool,
    form: Form,
    **wished: bool | int | Path | None,
) -> int:
    """Start, then say how to reach it."""
    wishes = Wishes(**wished)  # type: ignore[arg-type]  # click has checked each
    if wishes.nodes is not None and wishes.simulator is False:
        raise click.UsageError("--nodes needs the simulator; leave --no-simulator out", click.get_current_context())
    folder = dock_folder.at(parent, name)
    if foreground:
        return asyncio.run(_serve(folder, wishes, form))
    is_new = dock_clusters.start(folder, wishes, [sys.executable, *PROGRAM], os.environ)
    _tell(folder, form, "is ready" if is_new else "runs already", wishes)
    if not is_new and _differ(wishes, dock_folder.read(folder)):
        click.echo(
            f"note: it keeps the options of its start; `dokaseca dock stop {name}` first to change them", err=True
        )
    return exit_codes.OK


async def _serve(folder: DockFolder, wishes: Wishes, form: Form) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with dock_clusters.foreground(folder, wishes) as failed:
        _tell(folder, form, "is ready", wishes)
        sys.stdout.flush()
        await dock_clusters.until(stop, failed)
    return exit_codes.OK


def _differ(wishes: Wishes, record: Record) -> bool:
    """Whether anything is wished for that the running dock is not."""
    had = {**asdict(record), "kubeconfig": wishes.kubeconfig}
    return any(wish is not None and wish != had[name] for name, wish in asdict(wishes).items())


def _tell(folder: DockFolder, form: Form, what: str, wishes: Wishes) -> None:
    record = dock_folder.read(folder)
    if form == "table":
        click.echo(f"dock {folder.name} {what} at {record.server}, Kubernetes {record.version}")
        if wishes.kubeconfig is not None:
            click.echo(f"context {folder.context} is the current one of {wishes.kubeconfig}")
        else:
            click.echo(f"export KUBECONFIG={shlex.quote(str(folder.kubeconfig))}")
        return
    data = {**asdict(record), "context": folder.context, "kubeconfig": str(folder.kubeconfig), "log": str(folder.log)}
    output.show(form, table=Table((), ()), data=data, names=[folder.name])
