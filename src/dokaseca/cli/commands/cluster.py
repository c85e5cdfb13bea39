"""`dokaseca cluster`: the registered clusters."""

from __future__ import annotations

import click

from dokaseca.cli.lazy import LazyGroup

COMMANDS = {
    "list": "List the registered clusters.",
    "label": "Set or remove labels, which ApplicationSets select on.",
    "annotate": "Set or remove annotations, which carry values into templates.",
}

_HELP = """List the clusters; change their labels and annotations.

\b
Examples:
  dokaseca cluster list
  dokaseca cluster label dev enable_metrics_server=true --overwrite
  dokaseca cluster annotate dev team_contact=ops@example.com
"""


@click.group("cluster", cls=LazyGroup, package="dokaseca.cli.commands", prefix="cluster_", table=COMMANDS, help=_HELP)
def command() -> None:
    """Nothing to do before a command."""
