"""`dokaseca app rollback`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import lookup, operation, options, output
from dokaseca.cli.commands.app_history import entries
from dokaseca.cli.output import Form
from dokaseca.model import application as applications
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session

_HELP = """Deploy an entry of the history again: its revisions with its sources, without hooks, as Argo CD does.

ID is one of `dokaseca app history`; left out, it is the one before the last. Automated sync must be off, or it would
deploy the newest commit again at once: with it, revert the commit instead.

\b
Examples:
  dokaseca app rollback workload-shop-dev
  dokaseca app rollback workload-shop-dev 3 --prune
"""


@click.command("rollback", help=_HELP)
@click.argument("name")
@click.argument("entry_id", metavar="[ID]", type=click.IntRange(min=0), required=False)
@options.folder
@click.option("--prune", is_flag=True, help="Delete what that entry did not have.")
@options.wait
@options.timeout
@output.option("table", "json", "yaml")
def command(name: str, entry_id: int | None, folder: Path, prune: bool, wait: bool, timeout: float, form: Form) -> int:
    """Ask for the operation, follow it, print its results."""
    application = asyncio.run(_roll_back(folder, name, entry_id, prune, timeout if wait else None))
    return operation.report(application, form, waited=wait)


async def _roll_back(
    folder: Path, name: str, entry_id: int | None, prune: bool, wait_seconds: float | None
) -> Manifest:
    async with session.open(folder) as opened:
        return await operation.run(opened, name, lambda current: _operation(current, entry_id, prune), wait_seconds)


def _operation(current: Manifest, entry_id: int | None, prune: bool) -> dict[str, Any]:
    title = lookup.title(current)
    if applications.view(current).automated is not None:
        raise UserError(
            f"Application {title} cannot be rolled back while automated sync is on: it would deploy the newest commit "
            "again at once; revert the commit in Git, or turn off spec.syncPolicy.automated first",
            reason="AutomatedSync",
        )
    entry = _entry(current, entry_id)
    sync = {
        "prune": prune,
        "syncStrategy": {"apply": {}},
        **{name: entry[name] for name in ("revision", "revisions", "source", "sources") if entry.get(name)},
    }
    return operation.new(current, sync)


def _entry(current: Manifest, entry_id: int | None) -> dict[str, Any]:
    title, known = lookup.title(current), entries(current)
    if entry_id is None:
        if len(known) < 2:
            entries_there = f"{len(known)} entr{'y' if len(known) == 1 else 'ies'}"
            raise UserError(f"Application {title} has {entries_there} in its history; there is none to go back to")
        return known[-2]
    for entry in known:
        if int(entry.get("id") or 0) == entry_id:
            return entry
    ids = ", ".join(str(one.get("id") or 0) for one in known) or "none"
    raise NotFoundError(f"Application {title} has no history entry {entry_id}; there are: {ids}")
