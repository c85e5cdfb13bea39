"""`dokaseca app manifests`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options
from dokaseca.cli.commands import app_diff
from dokaseca.engine import permitting
from dokaseca.engine.fetching import render, resolve
from dokaseca.flow.diff import mask
from dokaseca.kit import yaml_out
from dokaseca.model import application as applications
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session

_HELP = """Print the manifests that an Application renders to, as YAML; values of Secrets masked.

They are as Helm, Kustomize or the folder give them, in this order: what the sync adds, such as namespaces and the
tracking annotation, is not there yet.

\b
Examples:
  dokaseca app manifests workload-shop-dev
  dokaseca app manifests workload-shop-dev --revision feature
"""


@click.command("manifests", help=_HELP)
@click.argument("name")
@options.folder
@options.revisions
def command(name: str, folder: Path, revisions: tuple[str, ...]) -> int:
    """Render and print."""
    for manifest in asyncio.run(_manifests(folder, name, revisions)):
        masked, _ = mask.pair(manifest, None)
        click.echo(f"---\n{yaml_out.dump(masked)}", nl=False)
    return exit_codes.OK


async def _manifests(folder: Path, name: str, revisions: tuple[str, ...]) -> tuple[Manifest, ...]:
    async with session.open(folder) as opened:
        application = applications.view(await lookup.application(opened, name))
        async with session.context(opened) as context:
            permitted = permitting.check(application, context)
            cluster = context.destinations.live(permitted.destination)
            sources = await resolve(application, context, app_diff.pins(application, revisions))
            return (await render(application, sources, cluster.cluster, context)).objects
