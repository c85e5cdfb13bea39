"""`dokaseca proj windows list`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options, output
from dokaseca.cli.output import Form, Table
from dokaseca.kit.clock import SystemClock
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.policy import windows
from dokaseca.wiring import session

COLUMNS = (
    "ID", "STATUS", "KIND", "SCHEDULE", "DURATION", "APPLICATIONS", "NAMESPACES", "CLUSTERS", "MANUALSYNC",
    "TIMEZONE", "USEANDOPERATOR",
)  # fmt: skip

_HELP = """List the sync windows of a project, and which of them are open now.

\b
Examples:
  dokaseca proj windows list team-a
  dokaseca proj windows list team-a -o json
"""


@click.command("list", help=_HELP)
@click.argument("name")
@options.folder
@output.option("table", "json", "yaml")
def command(name: str, folder: Path, form: Form) -> int:
    """Read and print."""
    found = manifests.get(asyncio.run(_read(folder, name)), "spec", "syncWindows", default=[])
    now = SystemClock().now()
    rows = [_row(number, one, now) for number, one in enumerate(found)]
    output.show(form, table=Table(COLUMNS, rows, 0, f"project {name} has no sync windows"), data=found)
    return exit_codes.OK


async def _read(folder: Path, name: str) -> Manifest:
    async with session.open(folder) as opened:
        return await lookup.project(opened, name)


def _row(number: int, window: Manifest, now: datetime) -> list[str]:
    return [
        str(number),
        _status(window, now),
        *(str(window.get(field) or "") for field in ("kind", "schedule", "duration")),
        *(",".join(map(str, window.get(field) or [])) or "-" for field in windows.DIMENSIONS),
        "Enabled" if window.get("manualSync") else "Disabled",
        str(window.get("timeZone") or "UTC"),
        "Enabled" if window.get("andOperator") else "Disabled",
    ]


def _status(window: Manifest, now: datetime) -> str:
    try:
        return "Active" if windows.is_open(window, now) else "Inactive"
    except (ValueError, OverflowError) as error:
        return f"Wrong: {error}"
