"""`dokaseca doctor`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from dokaseca.cli import checks, exit_codes, options, output
from dokaseca.cli.checks import Check
from dokaseca.cli.output import Form, Table
from dokaseca.wiring import session

COLUMNS = ("CHECK", "RESULT", "FOUND", "TO DO")

_HELP = """Check this machine, the platform's folder and the running platform; nothing is changed.

Each check is ok, warn or fail, and what is not ok says what to do. Exits with 1 when a check fails.

\b
Examples:
  dokaseca doctor
  dokaseca doctor --dir ./platform -o json
"""


@click.command("doctor", help=_HELP)
@options.folder
@output.option("table", "json", "yaml")
def command(folder: Path, form: Form) -> int:
    """Run all checks, print all results."""
    found = asyncio.run(checks.run(session.layout_of(folder)))
    rows = [[one.name, one.result, one.found, one.to_do] for one in found]
    output.show(form, table=Table(COLUMNS, rows), data=[_data(one) for one in found])
    return exit_codes.NO if any(one.result == "fail" for one in found) else exit_codes.OK


def _data(check: Check) -> dict[str, str]:
    return {"check": check.name, "result": check.result, "found": check.found, "toDo": check.to_do}
