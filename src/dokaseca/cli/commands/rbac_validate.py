"""`dokaseca rbac validate`."""

from __future__ import annotations

from pathlib import Path

import click

from dokaseca.cli import exit_codes, options, policies

_HELP = """Check a policy: every line that Argo CD would refuse, or that cannot mean what it says.

Exits with 1 when there is an error; warnings alone do not count.

\b
Examples:
  dokaseca rbac validate --policy-file policy.csv
  dokaseca rbac validate                             # of the running platform, with the roles of its projects
"""


@click.command("validate", help=_HELP)
@policies.policy_file
@options.folder
def command(policy_file: Path | None, folder: Path) -> int:
    """Read, check, print."""
    problems = policies.find(folder, policy_file).problems()
    for problem in problems:
        click.echo(str(problem), err=True)
    wrong = sum(one.is_error for one in problems)
    if wrong:
        click.echo(f"{wrong} {'error' if wrong == 1 else 'errors'}")
        return exit_codes.NO
    click.echo("Policy is valid.")
    return exit_codes.OK
