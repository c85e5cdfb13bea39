"""`dokaseca app wait`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, operation, options, shown
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session

_HELP = """Wait until Applications are in sync, healthy and at rest.

Without --sync, --health and --operation all three must hold. Exits with 0 when they do for every NAME, with 1 when the
time is over before: what is missing is printed.

\b
Examples:
  dokaseca app wait workload-shop-dev
  dokaseca app wait workload-shop-dev workload-cart-dev --health --timeout 2m
"""


@dataclass(frozen=True, slots=True)
class _Wanted:
    sync: bool
    health: bool
    operation: bool


@click.command("wait", help=_HELP)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@options.folder
@click.option("--sync", is_flag=True, help="Wait for Synced.")
@click.option("--health", is_flag=True, help="Wait for Healthy.")
@click.option("--operation", "operations", is_flag=True, help="Wait until no operation is asked for or runs.")
@options.timeout
def command(names: tuple[str, ...], folder: Path, sync: bool, health: bool, operations: bool, timeout: float) -> int:
    """Watch until all hold, or the time is over."""
    everything = not (sync or health or operations)
    wanted = _Wanted(sync or everything, health or everything, operations or everything)
    missing = asyncio.run(_wait(folder, tuple(dict.fromkeys(names)), wanted, timeout))
    for name, what in missing.items():
        click.echo(f"{name}: {what}" if what else f"{name}: ok", err=bool(what))
    return exit_codes.NO if any(missing.values()) else exit_codes.OK


async def _wait(folder: Path, names: tuple[str, ...], wanted: _Wanted, timeout_seconds: float) -> Mapping[str, str]:
    """What each Application still lacks when all have come, or when the time is over."""
    async with session.open(folder) as opened:
        current = {name: await lookup.application(opened, name) for name in names}

        async def one(name: str) -> None:
            async for state in operation.states(opened, current[name]):
                current[name] = state
                if not lacking(state, wanted):
                    return

        try:
            async with asyncio.timeout(timeout_seconds or None), asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(one(name), name=f"wait {name}")
        except TimeoutError:
            pass
        except ExceptionGroup as errors:  # one that was deleted says so, as it would alone
            raise next((one for one in errors.exceptions if isinstance(one, DokaSecaError)), errors) from errors
    return {name: lacking(state, wanted) for name, state in current.items()}


def lacking(application: Manifest, wanted: _Wanted) -> str:
    """What of the wanted does not hold, in words; empty when all does."""
    found = []
    if wanted.operation and (application.get("operation") is not None or operation.is_running(application)):
        message = manifests.get(application, "status", "operationState", "message", default="")
        found.append(f"an operation is under way{message and ': '}{shown.line(str(message))}")
    if wanted.sync and shown.sync(application) != "Synced":
        found.append(f"sync is {shown.sync(application)}")
    if wanted.health and shown.health(application) != "Healthy":
        found.append(f"health is {shown.health(application)}")
    return "; ".join(found)
