"""`dokaseca dock stop`."""

from __future__ import annotations

from pathlib import Path

import click

from dokaseca.cli import exit_codes
from dokaseca.cli.commands import dock
from dokaseca.wiring import dock_clusters, dock_folder

_HELP = """Stop a cluster. Its state stays: `dokaseca dock start` resumes it, unless it lives in memory.

\b
Example:
  dokaseca dock stop demo
"""


@click.command("stop", help=_HELP)
@click.argument("name")
@dock.folder
def command(name: str, parent: Path) -> int:
    """Stop."""
    was_running = dock_clusters.stop(dock_folder.at(parent, name))
    click.echo(f"dock {name} {'is stopped' if was_running else 'was not running'}")
    return exit_codes.OK
