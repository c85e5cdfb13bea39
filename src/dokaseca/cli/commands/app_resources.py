"""`dokaseca app resources`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options, output, shown
from dokaseca.cli.commands.app_get import RESOURCES, WIDE, resource
from dokaseca.cli.output import Form, Table
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session

_HELP = """List the objects of an Application, with the sync status and health of each.

\b
Examples:
  dokaseca app resources workload-shop-dev
  dokaseca app resources workload-shop-dev -o name
"""


@click.command("resources", help=_HELP)
@click.argument("name")
@options.folder
@output.option()
def command(name: str, folder: Path, form: Form) -> int:
    """Read and print."""
    application = asyncio.run(_read(folder, name))
    found = manifests.get(application, "status", "resources", default=[])
    output.show(
        form,
        table=Table(RESOURCES, [resource(one) for one in found], WIDE, "the Application has no objects"),
        data=shown.clean(found),
        names=[_title(one) for one in found],
    )
    return exit_codes.OK


async def _read(folder: Path, name: str) -> Manifest:
    async with session.open(folder) as opened:
        return await lookup.application(opened, name)


def _title(entry: Manifest) -> str:
    """`Kind.group/namespace/name`, the namespace left out where there is none."""
    return "/".join(filter(None, (shown.kind(entry), str(entry.get("namespace") or ""), str(entry.get("name") or ""))))
