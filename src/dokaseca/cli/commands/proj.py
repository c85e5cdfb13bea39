"""`dokaseca proj`: the AppProjects of a platform."""

from __future__ import annotations

import click

from dokaseca.cli.lazy import LazyGroup

COMMANDS = {
    "list": "List projects.",
    "get": "Show one project: what it allows, its roles and windows.",
    "windows": "List sync windows.",
}

_HELP = """List and inspect AppProjects and their sync windows.

\b
Examples:
  dokaseca proj list
  dokaseca proj get team-a
  dokaseca proj windows list team-a
"""


@click.group("proj", cls=LazyGroup, package="dokaseca.cli.commands", prefix="proj_", table=COMMANDS, help=_HELP)
def command() -> None:
    """Nothing to do before a command."""
