"""`dokaseca app terminate-op`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from dokaseca.cli import exit_codes, operation, options
from dokaseca.wiring import session

_HELP = """End the operation of an Application: its running hooks are deleted, what was applied stays.

Exits with 1 when no operation runs.

\b
Example:
  dokaseca app terminate-op workload-shop-dev
"""


@click.command("terminate-op", help=_HELP)
@click.argument("name")
@options.folder
def command(name: str, folder: Path) -> int:
    """Ask for the end."""
    if asyncio.run(_terminate(folder, name)):
        click.echo(f"operation of {name} is being terminated")
        return exit_codes.OK
    click.echo(f"no operation of {name} runs", err=True)
    return exit_codes.NO


async def _terminate(folder: Path, name: str) -> bool:
    async with session.open(folder) as opened:
        return await operation.terminate(opened, name)
