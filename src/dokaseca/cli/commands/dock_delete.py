"""`dokaseca dock delete`."""

from __future__ import annotations

from pathlib import Path

import click

from dokaseca.cli import exit_codes
from dokaseca.cli.commands import dock
from dokaseca.wiring import dock_clusters, dock_folder

_HELP = """Stop a cluster, delete its state, and take its context out of the kubeconfigs that `start` put it into.

One that is not there is deleted already.

\b
Example:
  dokaseca dock delete demo
"""


@click.command("delete", help=_HELP)
@click.argument("name")
@dock.folder
def command(name: str, parent: Path) -> int:
    """Delete."""
    folder = dock_folder.at(parent, name)
    kept = dock_clusters.delete(folder)
    if kept is None:
        click.echo(f"there is no dock {name} in {folder.root.parent}")
    elif kept:
        click.echo(f"deleted dock {name}; kept what is not its own in {folder.root}: {', '.join(kept)}")
    else:
        click.echo(f"deleted dock {name}")
    return exit_codes.OK
