"""`dokaseca bridge ...`: the contract between clusters and ApplicationSets, from files alone."""

from __future__ import annotations

from typing import Final

import click

from dokaseca.cli.lazy import LazyGroup

COMMANDS: Final = {
    "lint": "Find what does not fit between clusters and ApplicationSets.",
    "render": "Print the cluster Secrets and bootstrap ApplicationSets of an input.",
    "import": "Make a platform file out of tfvars.",
}

_HELP = """Look into the GitOps Bridge: cluster Secrets, and the ApplicationSets that select on them.

\b
Examples:
  dokaseca bridge lint --tfvars workspaces/dev.tfvars --tfvars workspaces/prod.tfvars ../addons
  dokaseca bridge render --platform platform.yaml
  dokaseca bridge import --tfvars workspaces/dev.tfvars -o platform.yaml
"""


@click.group("bridge", cls=LazyGroup, package="dokaseca.cli.commands", prefix="bridge_", table=COMMANDS, help=_HELP)
def command() -> None:
    """Nothing to do before a command."""
