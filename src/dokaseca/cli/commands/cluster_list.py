"""`dokaseca cluster list`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options, output
from dokaseca.cli.output import Form, Table
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.wiring import session

COLUMNS = ("NAME", "SERVER", "ENVIRONMENT", "VERSION", "REGISTERED", "APPLICATIONS", "LABELS")
WIDE = 1

_HELP = """List the registered clusters, the hub first.

\b
Examples:
  dokaseca cluster list
  dokaseca cluster list -o wide      # with all labels
"""


@dataclass(frozen=True, slots=True)
class _Cluster:
    """What may be told of a cluster Secret."""

    name: str
    server: str
    environment: str
    version: str
    registered: str
    applications: int
    labels: dict[str, str]
    annotations: dict[str, str]


@click.command("list", help=_HELP)
@options.folder
@output.option()
def command(folder: Path, form: Form) -> int:
    """Read and print."""
    found = asyncio.run(_read(folder))
    output.show(
        form,
        table=Table(COLUMNS, [_row(one) for one in found], WIDE, "no cluster is registered yet"),
        data=[asdict(one) for one in found],
        names=[one.name for one in found],
    )
    return exit_codes.OK


async def _read(folder: Path) -> list[_Cluster]:
    async with session.open(folder) as opened:
        known = await lookup.registrations(opened)
        listed = (await opened.hub.list(applications.GVK)).items
    at = [lookup.cluster_name(one, known) for one in listed]
    found = []
    for one in known:
        secret = one.secret or {}
        labels = manifests.labels(secret)
        found.append(
            _Cluster(
                name=one.name,
                server=one.server,
                environment=labels.get("environment", ""),
                version=labels.get("version", ""),
                registered=str(manifests.metadata(secret).get("creationTimestamp") or ""),
                applications=at.count(one.name),
                labels=labels,
                annotations=manifests.annotations(secret),
            )
        )
    return found


def _row(one: _Cluster) -> list[str]:
    labels = ",".join(f"{name}={value}" for name, value in sorted(one.labels.items()))
    return [one.name, one.server, one.environment, one.version, one.registered, str(one.applications), labels]
