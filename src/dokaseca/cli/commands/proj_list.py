"""`dokaseca proj list`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options, output, shown
from dokaseca.cli.output import Form, Table
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session

COLUMNS = ("NAME", "SOURCES", "DESTINATIONS", "CLUSTER RESOURCES", "ROLES", "WINDOWS", "DESCRIPTION")
ENTRIES_SHOWN = 3

_HELP = """List the projects and what they allow.

\b
Examples:
  dokaseca proj list
  dokaseca proj list -o name
"""


@click.command("list", help=_HELP)
@options.folder
@output.option()
def command(folder: Path, form: Form) -> int:
    """Read and print."""
    found = asyncio.run(_read(folder))
    output.show(
        form,
        table=Table(COLUMNS, [_row(one) for one in found], 1, "there is no project yet"),
        data=[shown.clean(one) for one in found],
        names=[manifests.name(one) for one in found],
    )
    return exit_codes.OK


async def _read(folder: Path) -> list[Manifest]:
    async with session.open(folder) as opened:
        found = (await opened.hub.list(session.PROJECTS, lookup.NAMESPACE)).items
    return sorted(found, key=manifests.name)


def _row(project: Manifest) -> list[str]:
    spec = manifests.get(project, "spec", default={})
    return [
        manifests.name(project),
        some([str(one) for one in spec.get("sourceRepos") or []]),
        some([destination(one) for one in spec.get("destinations") or []]),
        some([kind(one) for one in spec.get("clusterResourceWhitelist") or []]),
        str(len(spec.get("roles") or [])),
        str(len(spec.get("syncWindows") or [])),
        str(spec.get("description") or ""),
    ]


def some(entries: list[str]) -> str:
    """The first entries, and how many more there are; `none` where there is none."""
    more = f" and {len(entries) - ENTRIES_SHOWN} more" if len(entries) > ENTRIES_SHOWN else ""
    return ", ".join(entries[:ENTRIES_SHOWN]) + more if entries else "none"


def destination(entry: Manifest) -> str:
    """`cluster,namespace`, as Argo CD's own command shows it."""
    return f"{entry.get('name') or entry.get('server') or ''},{entry.get('namespace') or ''}"


def kind(entry: Manifest) -> str:
    """`group/Kind`, with the name where only some objects of the kind are meant."""
    return "/".join(filter(None, (str(entry.get(part) or "") for part in ("group", "kind", "name"))))
