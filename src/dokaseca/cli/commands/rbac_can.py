"""`dokaseca rbac can`."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import exit_codes, options, policies
from dokaseca.policy import rbac, rbac_project, rbac_text
from dokaseca.policy.rbac import Policy, Request

SHORT = {
    "app": "applications",
    "appset": "applicationsets",
    "repo": "repositories",
    "repository": "repositories",
    "proj": "projects",
    "cert": "certificates",
    "write-repository": "write-repositories",
}

_HELP = """Tell whether SUBJECT (a user, a group or a role) may do ACTION on RESOURCE.

OBJECT is <project>/<name> for what belongs to a project; left out, it stands for all of them. Answers Yes, or No and
exit code 1.

\b
Examples:
  dokaseca rbac can role:readonly sync applications
  dokaseca rbac can alice delete/apps/Deployment/shop/web applications team-a/shop
  dokaseca rbac can alice action/apps/Deployment/restart app team-a/shop --group team-a
  dokaseca rbac can proj:team-a:deployer get logs team-a/shop --policy-file policy.csv
"""


@click.command("can", help=_HELP)
@click.argument("subject")
@click.argument("action")
@click.argument("resource")
@click.argument("object_name", metavar="[OBJECT]", default="")
@policies.policy_file
@click.option("--default-role", default="", help="The role that everybody has, instead of policy.default.")
@click.option("--group", "groups", multiple=True, help="A group that SUBJECT is in; may be repeated.")
@options.folder
def command(subject: str, action: str, resource: str, object_name: str, folder: Path, **more: Any) -> int:
    """Decide and print."""
    request = _request(action, resource, object_name)
    policy = _policy(policies.find(folder, more["policy_file"]))
    if more["default_role"]:
        policy = replace(policy, default_role=more["default_role"])
    allowed = policy.allows(subject, request, more["groups"])
    click.echo("Yes" if allowed else "No")
    return exit_codes.OK if allowed else exit_codes.NO


def _policy(found: policies.Found) -> Policy:
    """All lines that are right, of the ConfigMap and of the projects; stderr tells of the others."""
    for problem in found.problems():
        if problem.is_error:
            click.echo(str(problem), err=True)
    extra = [entry for project in found.projects for entry in rbac_project.entries(project)]
    return rbac_text.extend(rbac_text.read(found.data)[0], extra)


def _request(action: str, resource: str, object_name: str) -> Request:
    name = SHORT.get(resource, SHORT.get(resource.removesuffix("s"), resource))
    if name not in rbac.RESOURCES and f"{name}s" in rbac.RESOURCES:
        name = f"{name}s"
    if name not in rbac.RESOURCES:
        near = difflib.get_close_matches(name, rbac.RESOURCES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(rbac.RESOURCES)}"
        raise click.UsageError(f"there is no resource {resource!r}; {hint}")
    if not rbac.is_known_action(name, action):
        raise click.UsageError(f"{name} have no action {action!r}; there are: {', '.join(rbac.RESOURCES[name])}")
    is_scoped = name in rbac.PROJECT_SCOPED
    return Request(name, action, "*/*" if is_scoped and object_name in ("", "*") else object_name or "*")
