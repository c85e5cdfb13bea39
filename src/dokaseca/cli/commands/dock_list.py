"""`dokaseca dock list`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import exit_codes, output
from dokaseca.cli.commands import dock
from dokaseca.cli.output import Form, Table
from dokaseca.dock.tables import ages
from dokaseca.kit import clock
from dokaseca.wiring import dock_clusters
from dokaseca.wiring.dock_clusters import Listed

COLUMNS = ("NAME", "STATE", "SERVER", "VERSION", "AGE")

_HELP = """List the clusters that were started, by name.

\b
Examples:
  dokaseca dock list
  dokaseca dock list -o name | xargs -n1 dokaseca dock delete
"""


@click.command("list", help=_HELP)
@dock.folder
@output.option("table", "json", "yaml", "name")
def command(parent: Path, form: Form) -> int:
    """Read and print."""
    found = dock_clusters.listed(parent)
    output.show(
        form,
        table=Table(COLUMNS, [_row(one) for one in found], 0, "there is no dock; `dokaseca dock start NAME` makes one"),
        data=[_data(one) for one in found],
        names=[one.name for one in found],
    )
    return exit_codes.OK


def _row(one: Listed) -> list[str]:
    if one.record is None:
        return [one.name, one.state, "", "", ""]
    age = (clock.SystemClock().now() - clock.parse_rfc3339(one.record.created)).total_seconds()
    return [one.name, one.state, one.record.server, one.record.version, ages.human(age)]


def _data(one: Listed) -> dict[str, Any]:
    return {"name": one.name, "state": one.state, **(asdict(one.record) if one.record is not None else {})}
