"""`dokaseca app`: the Applications of a platform."""

from __future__ import annotations

import click

from dokaseca.cli.lazy import LazyGroup

COMMANDS = {
    "list": "List Applications.",
    "get": "Show one Application: summary, conditions, resources, operation.",
    "diff": "Show what the next sync would change.",
    "manifests": "Print what an Application renders to.",
    "wait": "Wait until Applications are in sync, healthy and at rest.",
    "resources": "List the objects of an Application.",
    "sync": "Bring the cluster to what Git says.",
    "history": "List what has been deployed.",
    "terminate-op": "End the operation of an Application.",
    "rollback": "Deploy an entry of the history again.",
}

_HELP = """List, inspect, compare, sync and roll back Applications.

NAME is an Application's name, or namespace/name where that is not in namespace argocd.

\b
Examples:
  dokaseca app list --cluster dev
  dokaseca app diff workload-shop-dev
  dokaseca app sync workload-shop-dev --prune
"""


@click.group("app", cls=LazyGroup, package="dokaseca.cli.commands", prefix="app_", table=COMMANDS, help=_HELP)
def command() -> None:
    """Nothing to do before a command."""
