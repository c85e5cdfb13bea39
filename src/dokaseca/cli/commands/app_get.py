"""`dokaseca app get`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import exit_codes, lookup, options, output, shown
from dokaseca.cli.output import Form, Table
from dokaseca.engine.destinations import Registration
from dokaseca.kit import redact
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import last_pass, session

RESOURCES = ("KIND", "NAMESPACE", "NAME", "SYNC", "HEALTH", "MESSAGE", "WAVE", "VERSION")
TIMING = ("ROOM", "SECONDS")
CONDITIONS = ("TYPE", "SINCE", "MESSAGE")
WIDE = 2

_HELP = """Show one Application: summary, conditions, resources, and its last or running operation.

\b
Examples:
  dokaseca app get addon-metrics-server-dev
  dokaseca app get team-a/shop -o yaml
  dokaseca app get team-a/shop --timing      # why did the last pass take so long?
"""


@click.command("get", help=_HELP)
@click.argument("name")
@options.folder
@output.option()
@click.option("--timing", "timed", is_flag=True, help="Show only where the time of its last pass went, in seconds.")
def command(name: str, folder: Path, form: Form, timed: bool) -> int:
    """Read and print."""
    if timed:
        return _print_timing(name, asyncio.run(_read_timing(folder, name)), form)
    application, known = asyncio.run(_read(folder, name))
    if form in ("table", "wide"):
        _print(application, known, form)
    else:
        title = lookup.title(application)
        output.show(form, table=Table((), ()), data=shown.clean(application), names=[title])
    return exit_codes.OK


async def _read(folder: Path, name: str) -> tuple[Manifest, list[Registration]]:
    async with session.open(folder) as opened:
        return await lookup.application(opened, name), await lookup.registrations(opened)


async def _read_timing(folder: Path, name: str) -> Mapping[str, float | int]:
    async with session.open(folder) as opened:
        application = await lookup.application(opened, name)
        key = NamespacedName(manifests.namespace(application), manifests.name(application))
        return await last_pass.timing(opened.layout, key)


def _print_timing(name: str, found: Mapping[str, float | int], form: Form) -> int:
    ending = "_seconds"
    rows = [[key.removesuffix(ending), f"{value:.3f}"] for key, value in found.items() if key.endswith(ending)]
    rows.append(["cache", f"{found['cache_hits']} of {found['cache_hits'] + found['cache_misses']} rendered before"])
    output.show(form, table=Table(TIMING, rows), data=dict(found), names=[name])
    return exit_codes.OK


def _print(application: Manifest, known: Sequence[Registration], form: Form) -> None:
    lines = [*_summary(application, known), *_operation(application)]
    width = max(len(label) for label, _ in lines) + 1
    for label, text in lines:
        click.echo(f"{label + ':' if label else '':<{width}} {redact.text(text)}")
    conditions = [
        [str(one.get("type")), str(one.get("lastTransitionTime") or ""), redact.text(str(one.get("message") or ""))]
        for one in manifests.get(application, "status", "conditions", default=[])
    ]
    resources = [resource(one) for one in manifests.get(application, "status", "resources", default=[])]
    for table in (Table(CONDITIONS, conditions), Table(RESOURCES, resources, WIDE)):
        if table.rows:
            click.echo()
            output.print_table(table.shown(form))


def _summary(application: Manifest, known: Sequence[Registration]) -> Iterator[tuple[str, str]]:
    spec = manifests.get(application, "spec", default={})
    status = manifests.get(application, "status", default={})
    cluster = lookup.cluster_name(application, known)
    server = next((one.server for one in known if one.name == cluster), "")
    yield "Name", f"{manifests.namespace(application)}/{manifests.name(application)}"
    yield "Project", str(spec.get("project") or "default")
    yield "Cluster", f"{cluster} ({server})" if server else cluster
    yield "Namespace", str(manifests.get(spec, "destination", "namespace", default=""))
    for index, one in enumerate(shown.sources(spec)):
        yield "" if index else "Source", shown.source(one)
    yield "Sync", " ".join(filter(None, [shown.sync(application), _at(status.get("sync") or {})]))
    yield "Sync policy", _policy(spec)
    message = manifests.get(status, "health", "message", default="")
    yield "Health", shown.health(application) + (f": {message}" if message else "")
    if manifests.is_deleting(application):
        yield "Deleting", f"since {manifests.metadata(application)['deletionTimestamp']}"


def _operation(application: Manifest) -> Iterator[tuple[str, str]]:
    state: dict[str, Any] = manifests.get(application, "status", "operationState", default={})
    if application.get("operation") and not state:
        yield "Operation", "requested, not begun yet"
    if not state:
        return
    initiated = manifests.get(state, "operation", "initiatedBy", default={})
    who = initiated.get("username") or ("automated" if initiated.get("automated") else "unknown")
    times = " to ".join(str(state[name]) for name in ("startedAt", "finishedAt") if state.get(name))
    yield "Operation", f"{state.get('phase')} by {who}, {times}"
    yield "", " ".join(filter(None, ["sync", _at(state.get("syncResult") or {})]))
    if state.get("message"):
        yield "", str(state["message"])


def _at(holder: dict[str, Any]) -> str:
    revisions = shown.revisions(holder)
    return f"at {revisions}" if revisions else ""


def _policy(spec: dict[str, Any]) -> str:
    automated = manifests.get(spec, "syncPolicy", "automated")
    if not isinstance(automated, dict) or automated.get("enabled") is False:
        return "manual"
    names = {"prune": "prune", "selfHeal": "self-heal", "allowEmpty": "allow empty"}
    on = [text for field, text in names.items() if automated.get(field)]
    return f"automated ({', '.join(on)})" if on else "automated"


def resource(one: dict[str, Any]) -> list[str]:
    """A row of the table of objects."""
    health = one.get("health") or {}
    pruning = "to be pruned" if one.get("requiresPruning") else ""
    return [
        shown.kind(one),
        str(one.get("namespace") or ""),
        str(one.get("name") or ""),
        str(one.get("status") or ""),
        str(health.get("status") or ""),
        redact.text(str(health.get("message") or pruning)),
        str(one.get("syncWave") or 0),
        str(one.get("version") or ""),
    ]
