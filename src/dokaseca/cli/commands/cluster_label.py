"""`dokaseca cluster label`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from dokaseca.cli import exit_codes, marks, options
from dokaseca.cli.marks import LABELS

_HELP = """Set (KEY=VALUE) or remove (KEY-) labels of a cluster, as kubectl label does.

ApplicationSets select on these labels: a label can bring an addon or a team's workloads, or take them away. A label
that the cluster's file in the clusters repository sets is changed there, not here.

\b
Examples:
  dokaseca cluster label dev enable_metrics_server=true --overwrite
  dokaseca cluster label dev team-b-
"""


@click.command("label", help=_HELP)
@click.argument("name")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE|KEY-...")
@options.folder
@click.option("--overwrite", is_flag=True, help="Change labels that have another value already.")
def command(name: str, changes: tuple[str, ...], folder: Path, overwrite: bool) -> int:
    """Check, then patch the cluster's Secret."""
    click.echo(asyncio.run(marks.change(folder, name, marks.parse(changes, LABELS), LABELS, overwrite=overwrite)))
    return exit_codes.OK
