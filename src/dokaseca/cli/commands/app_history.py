"""`dokaseca app history`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import exit_codes, lookup, options, output, shown
from dokaseca.cli.output import Form, Table
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session

COLUMNS = ("ID", "DATE", "REVISION", "BY", "SOURCE")

_HELP = """List what has been deployed, oldest first; IDs are for `dokaseca app rollback`.

\b
Example:
  dokaseca app history workload-shop-dev
"""


@click.command("history", help=_HELP)
@click.argument("name")
@options.folder
@output.option()
def command(name: str, folder: Path, form: Form) -> int:
    """Read and print."""
    application = asyncio.run(_read(folder, name))
    found = entries(application)
    output.show(
        form,
        table=Table(COLUMNS, [_row(one) for one in found], empty="nothing has been deployed yet"),
        data=shown.clean(found),
        names=[str(one.get("id")) for one in found],
    )
    return exit_codes.OK


async def _read(folder: Path, name: str) -> Manifest:
    async with session.open(folder) as opened:
        return await lookup.application(opened, name)


def entries(application: Manifest) -> list[dict[str, Any]]:
    """`status.history`, oldest first."""
    found = manifests.get(application, "status", "history", default=[])
    return sorted(found, key=lambda one: int(one.get("id") or 0))


def _row(entry: dict[str, Any]) -> list[str]:
    initiated = entry.get("initiatedBy") or {}
    return [
        str(entry.get("id") or 0),
        str(entry.get("deployedAt") or ""),
        shown.revisions(entry),
        str(initiated.get("username") or ("automated" if initiated.get("automated") else "")),
        ", ".join(shown.source(one) for one in shown.sources(entry)),
    ]
