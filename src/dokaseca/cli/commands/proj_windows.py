"""`dokaseca proj windows`: the sync windows of a project."""

from __future__ import annotations

import click

from dokaseca.cli.lazy import LazyGroup

COMMANDS = {"list": "List the sync windows of a project."}

_HELP = """List the sync windows of a project.

\b
Example:
  dokaseca proj windows list team-a
"""


@click.group(
    "windows", cls=LazyGroup, package="dokaseca.cli.commands", prefix="proj_windows_", table=COMMANDS, help=_HELP
)
def command() -> None:
    """Nothing to do before a command."""
