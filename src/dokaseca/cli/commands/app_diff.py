"""`dokaseca app diff`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options, output
from dokaseca.engine import comparing
from dokaseca.engine.dry_run import Preview, dry_run
from dokaseca.flow.diff import text
from dokaseca.model import application as applications
from dokaseca.model.application import Application
from dokaseca.model.errors import UserError
from dokaseca.wiring import session

_HELP = """Show what the next sync would change: a unified diff from the cluster to Git, values of Secrets masked.

Nothing is touched. Exits with 1 when there are differences, with 0 when there are none.

\b
Examples:
  dokaseca app diff workload-shop-dev
  dokaseca app diff workload-shop-dev --revision feature    # what a branch would change
"""
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command("diff", help=_HELP)
@click.argument("name")
@options.folder
@options.revisions
def command(name: str, folder: Path, revisions: tuple[str, ...]) -> int:
    """Walk the corridor up to the comparison."""
    preview = asyncio.run(_preview(folder, name, revisions))
    difference = text.unified(preview.changes, comparing.options(preview.application))
    colours = output.is_terminal()
    for line in difference.splitlines():
        colour = _COLOURS.get(line[:1]) if colours else None
        click.echo(click.style(line, fg=colour) if colour else line)
    return exit_codes.NO if difference else exit_codes.OK


async def _preview(folder: Path, name: str, revisions: tuple[str, ...]) -> Preview:
    async with session.open(folder) as opened:
        application = applications.view(await lookup.application(opened, name))
        async with session.context(opened) as context:
            return await dry_run(application, context, pinned=pins(application, revisions))


def pins(application: Application, revisions: tuple[str, ...]) -> tuple[str, ...]:
    """The revisions that were asked for, one per source.

    Raises:
        UserError: their number is not that of the sources.
    """
    if revisions and len(revisions) != len(application.sources):
        count = len(application.sources)
        raise UserError(
            f"Application {application.key} has {count} source{'s' * (count != 1)} and got {len(revisions)} "
            f"revision{'s' * (len(revisions) != 1)}; give --revision once per source, in their order"
        )
    return revisions
