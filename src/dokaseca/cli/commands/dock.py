"""`dokaseca dock`: clusters on their own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from dokaseca.cli import options
from dokaseca.cli.lazy import LazyGroup

FOLDER_VARIABLE: Final = "DOKASECA_DOCK_DIR"
COMMANDS = {
    "start": "Start a cluster, or find it running.",
    "list": "List the clusters.",
    "stop": "Stop a cluster; its state stays.",
    "delete": "Stop a cluster and delete its state.",
}

_HELP = """Run Kubernetes clusters on their own, without a platform, Docker or a virtual machine.

Each has a Kubernetes API on a loopback port. Its nodes are simulated: Pods become ready, containers do not run.

\b
Examples:
  dokaseca dock start demo
  dokaseca dock list
  dokaseca dock delete demo
"""


def _default() -> str:
    from dokaseca.wiring import dock_folder

    return str(dock_folder.default_parent())


folder = click.option(
    "--dir",
    "parent",
    type=options.Folder(file_okay=False, path_type=Path),
    envvar=FOLDER_VARIABLE,
    default=_default,
    show_default="$XDG_STATE_HOME/dokaseca/dock",
    show_envvar=True,
    help="The folder of all such clusters.",
)


@click.group("dock", cls=LazyGroup, package="dokaseca.cli.commands", prefix="dock_", table=COMMANDS, help=_HELP)
def command() -> None:
    """Nothing to do before a command."""
