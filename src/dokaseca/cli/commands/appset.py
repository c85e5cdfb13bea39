"""`dokaseca appset ...`: what ApplicationSets generate, from files alone."""

from __future__ import annotations

from typing import Final

import click

from dokaseca.cli.lazy import LazyGroup

COMMANDS: Final = {
    "preview": "List the Applications that ApplicationSets generate.",
    "diff": "Show what a change in Git changes in the Applications.",
    "explain": "Show where each value of an Application comes from.",
}

_HELP = """Preview ApplicationSets from files: no server, no cluster, no network.

The files are what Argo CD would read: ApplicationSets, cluster Secrets (or what becomes such Secrets) and the
repositories that generators look into.

\b
Examples:
  dokaseca appset preview argocd/appsets --clusters platform.yaml
  dokaseca appset diff --base main --head feature argocd/appsets --clusters platform.yaml
  dokaseca appset explain addon-spoke-dev-velero argocd/appsets --clusters dev.tfvars
"""


@click.group("appset", cls=LazyGroup, package="dokaseca.cli.commands", prefix="appset_", table=COMMANDS, help=_HELP)
def command() -> None:
    """Commands on ApplicationSets."""
