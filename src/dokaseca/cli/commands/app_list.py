"""`dokaseca app list`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options, output, shown
from dokaseca.cli.output import Form, Table
from dokaseca.engine.destinations import Registration
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.change import SyncStatus
from dokaseca.model.errors import UserError
from dokaseca.model.health import Health
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session
from dokaseca.wiring.session import Session

COLUMNS = ("NAME", "CLUSTER", "PROJECT", "SYNC", "HEALTH", "REVISION", "NAMESPACE", "REPOSITORY", "PATH", "TARGET")
WIDE = 4
SYNCS = [one.value for one in SyncStatus]
HEALTHS = [one.value for one in Health]

_HELP = """List Applications, sorted by namespace and name.

\b
Examples:
  dokaseca app list
  dokaseca app list --cluster dev --health Degraded
  dokaseca app list -l team=team-a -o name
"""


@dataclass(frozen=True, slots=True)
class _Filter:
    """What must hold; empty means anything."""

    project: str
    cluster: str
    sync: str
    health: str

    def keeps(self, application: Manifest, known: Sequence[Registration]) -> bool:
        return (
            self.project in ("", _project(application))
            and self.cluster in ("", lookup.cluster_name(application, known))
            and self.sync in ("", shown.sync(application))
            and self.health in ("", shown.health(application))
        )


@click.command("list", help=_HELP)
@options.folder
@click.option("--project", default="", help="Only those of this project.")
@click.option("--cluster", default="", help="Only those that go to this cluster (name or server).")
@click.option("-l", "--selector", default="", help="Only those with these labels, such as team=team-a,tier!=test.")
@click.option("--sync", type=click.Choice(SYNCS, case_sensitive=False), help="Only with this sync status.")
@click.option("--health", type=click.Choice(HEALTHS, case_sensitive=False), help="Only with this health.")
@output.option()
def command(folder: Path, selector: str, form: Form, **filters: str | None) -> int:
    """Read, filter, print."""
    chosen = _Filter(**{name: str(value or "") for name, value in filters.items()})
    found, known = asyncio.run(_read(folder, selector, chosen))
    output.show(
        form,
        table=Table(COLUMNS, [_row(one, known) for one in found], WIDE, "no Application found"),
        data=[shown.clean(one) for one in found],
        names=[lookup.title(one) for one in found],
    )
    return exit_codes.OK


async def _read(folder: Path, selector: str, chosen: _Filter) -> tuple[list[Manifest], list[Registration]]:
    async with session.open(folder) as opened:
        known = await lookup.registrations(opened)
        listed = await _list(opened, selector)
        if chosen.cluster:
            chosen = replace(chosen, cluster=_cluster(chosen.cluster, listed, known))
        found = [one for one in listed if chosen.keeps(one, known)]
        return sorted(found, key=lambda one: (manifests.namespace(one), manifests.name(one))), known


def _cluster(asked: str, listed: Sequence[Manifest], known: Sequence[Registration]) -> str:
    """The name of the cluster that was asked for by name or server.

    Raises:
        NotFoundError: it is not registered, and no Application goes there.
    """
    for one in known:
        if asked.rstrip("/") == one.server:
            return one.name
    if asked in {lookup.cluster_name(one, known) for one in listed}:
        return asked
    return lookup.registration(asked, known).name


async def _list(opened: Session, selector: str) -> list[Manifest]:
    try:
        return (await opened.hub.list(applications.GVK, label_selector=selector)).items
    except UserError as error:
        if not selector or error.reason != "BadRequest":
            raise
        raise UserError(error.message, reason="InvalidSelector", subject=f"--selector {selector!r}") from error


def _row(application: Manifest, known: Sequence[Registration]) -> list[str]:
    sources = shown.sources(manifests.get(application, "spec", default={}))
    return [
        lookup.title(application),
        lookup.cluster_name(application, known),
        _project(application),
        shown.sync(application),
        shown.health(application),
        shown.revisions(manifests.get(application, "status", "sync", default={})),
        str(manifests.get(application, "spec", "destination", "namespace", default="")),
        ",".join(shown.repository(one) for one in sources),
        ",".join(str(one.get("chart") or one.get("path") or "") for one in sources),
        ",".join(str(one.get("targetRevision") or "HEAD") for one in sources),
    ]


def _project(application: Manifest) -> str:
    return str(manifests.get(application, "spec", "project", default="") or "default")
