"""`dokaseca rbac`: what a policy of argocd-rbac-cm allows."""

from __future__ import annotations

import click

from dokaseca.cli.lazy import LazyGroup

COMMANDS = {
    "can": "Tell whether somebody may do something.",
    "validate": "Check a policy, line by line.",
}

_HELP = """Test who may do what, by the policy of argocd-rbac-cm and the roles of projects.

The policy is that of a running platform, or a file: its lines (policy.csv), or the ConfigMap in YAML.

\b
Examples:
  dokaseca rbac can alice sync applications team-a/shop
  dokaseca rbac validate --policy-file argocd-rbac-cm.yaml
"""


@click.group("rbac", cls=LazyGroup, package="dokaseca.cli.commands", prefix="rbac_", table=COMMANDS, help=_HELP)
def command() -> None:
    """Nothing to do before a command."""
