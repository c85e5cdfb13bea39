"""`dokaseca status`: a row per cluster, and what is not done yet."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import exit_codes, lookup, options, output, shown
from dokaseca.cli.output import Form, Table
from dokaseca.engine import destinations
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import overview, session
from dokaseca.wiring.overview import Snapshot, UpOutcome
from dokaseca.wiring.session import Session

CLUSTERS = GroupVersionKind("cluster.x-k8s.io", "v1beta1", "Cluster")
COLUMNS = ("CLUSTER", "ENVIRONMENT", "ADDONS", "WORKLOADS", "SYNC", "HEALTH")

_HELP = """Show every cluster, and what is not Synced and Healthy yet.

ADDONS and WORKLOADS count Applications as ready/all. Exits with 1 while anything is not Synced and Healthy.

\b
Examples:
  dokaseca status
  dokaseca status -o json | jq '.reasons[]'
"""


@click.command("status", help=_HELP)
@options.folder
@output.option("table", "json", "yaml")
def command(folder: Path, form: Form) -> int:
    """Read the hub once."""
    outcome = asyncio.run(_assess(folder))
    rows = [[row.cluster, row.environment, row.addons, row.workloads, row.sync, row.health] for row in outcome.rows]
    output.show(form, table=Table(COLUMNS, rows, empty="no cluster is registered yet"), data=_data(outcome))
    if form == "table":
        for reason in outcome.reasons:
            click.echo(f"- {shown.line(reason)}")
    return exit_codes.OK if outcome.converged else exit_codes.NO


async def _assess(folder: Path) -> UpOutcome:
    async with session.open(folder) as opened:
        snapshot = Snapshot(
            applications=await _all(opened, applications.GVK),
            application_sets=await _all(opened, application_sets.GVK),
            clusters=await _all(opened, CLUSTERS),
            cluster_secrets=(
                await opened.hub.list(lookup.SECRETS, lookup.NAMESPACE, label_selector=destinations.SECRET_SELECTOR)
            ).items,
        )
        return overview.assess(snapshot, [opened.hub_name], {})


async def _all(opened: Session, gvk: GroupVersionKind) -> list[Manifest]:
    """Every object of a kind; none while the hub does not know the kind yet."""
    try:
        return (await opened.hub.list(gvk)).items
    except UserError as error:
        if error.reason != "NoKindMatch":
            raise
        return []


def _data(outcome: UpOutcome) -> dict[str, Any]:
    rows = [{name: value for name, value in asdict(row).items() if name != "time"} for row in outcome.rows]
    return {
        "converged": outcome.converged,
        "clusters": rows,
        "reasons": [shown.line(reason) for reason in outcome.reasons],
    }
