"""`dokaseca proj get`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options, output, shown
from dokaseca.cli.commands.proj_list import destination, kind
from dokaseca.cli.output import Form, Table
from dokaseca.kit import redact
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.policy import rbac_project
from dokaseca.wiring import session

_HELP = """Show one project: what it allows, its roles, and lines of them that are wrong.

\b
Examples:
  dokaseca proj get default
  dokaseca proj get team-a -o yaml
"""


@click.command("get", help=_HELP)
@click.argument("name")
@options.folder
@output.option()
def command(name: str, folder: Path, form: Form) -> int:
    """Read and print."""
    project = asyncio.run(_read(folder, name))
    if form not in ("table", "wide"):
        output.show(form, table=Table((), ()), data=shown.clean(project), names=[name])
        return exit_codes.OK
    lines = list(_lines(project))
    width = max(len(label) for label, _ in lines) + 1
    for label, text in lines:
        click.echo(f"{label + ':' if label else '':<{width}} {redact.text(text)}")
    for problem in rbac_project.problems(project):
        click.echo(str(problem), err=True)
    return exit_codes.OK


async def _read(folder: Path, name: str) -> Manifest:
    async with session.open(folder) as opened:
        return await lookup.project(opened, name)


def _lines(project: Manifest) -> Iterator[tuple[str, str]]:
    spec = manifests.get(project, "spec", default={})
    yield "Name", manifests.name(project)
    yield "Description", str(spec.get("description") or "")
    yield from _listed("Sources", spec.get("sourceRepos"))
    yield from _listed("Source namespaces", spec.get("sourceNamespaces"))
    yield from _listed("Destinations", map(destination, spec.get("destinations") or []))
    yield from _listed("Cluster resources", map(kind, spec.get("clusterResourceWhitelist") or []))
    yield from _listed("Denied cluster resources", map(kind, spec.get("clusterResourceBlacklist") or []))
    allowed = spec.get("namespaceResourceWhitelist")
    yield from _listed("Namespaced resources", ["all"] if allowed is None else map(kind, allowed))
    yield from _listed("Denied namespaced resources", map(kind, spec.get("namespaceResourceBlacklist") or []))
    yield "Only clusters of the project", "yes" if spec.get("permitOnlyProjectScopedClusters") else "no"
    yield "Sync windows", str(len(spec.get("syncWindows") or []))
    yield from _listed("Roles", map(_role, spec.get("roles") or []))


def _listed(label: str, entries: Iterable[object] | None) -> Iterator[tuple[str, str]]:
    found = [str(one) for one in entries or ()] or ["none"]
    for index, one in enumerate(found):
        yield "" if index else label, one


def _role(role: Manifest) -> str:
    groups = ", ".join(str(one) for one in role.get("groups") or []) or "no group"
    count = len(role.get("policies") or [])
    return f"{role.get('name')} ({groups}; {count} {'policy' if count == 1 else 'policies'})"
