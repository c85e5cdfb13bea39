"""`dokaseca app sync`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import lookup, operation, options, output
from dokaseca.cli.commands.app_diff import pins
from dokaseca.cli.output import Form
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import session

_HELP = """Bring the cluster to what Git says, and wait for the end of it.

Exits with 1 when the operation fails. Ctrl-C stops the waiting, not the operation.

\b
Examples:
  dokaseca app sync workload-shop-dev
  dokaseca app sync workload-shop-dev --prune --timeout 2m
  dokaseca app sync workload-shop-dev --resource apps:Deployment:shop/web --dry-run
"""


@dataclass(frozen=True, slots=True)
class _Wanted:
    revisions: tuple[str, ...]
    resources: tuple[str, ...]
    prune: bool
    dry_run: bool


@click.command("sync", help=_HELP)
@click.argument("name")
@options.folder
@options.revisions
@click.option(
    "--resource",
    "resources",
    multiple=True,
    metavar="GROUP:KIND:[NAMESPACE/]NAME",
    help="Only this object; may be repeated. The core group is empty: :Service:shop/web.",
)
@click.option("--prune", is_flag=True, help="Delete what Git no longer has.")
@click.option("--dry-run", is_flag=True, help="Let the cluster check everything and keep nothing.")
@options.wait
@options.timeout
@output.option("table", "json", "yaml")
def command(name: str, folder: Path, wait: bool, timeout: float, form: Form, **wanted: Any) -> int:
    """Ask for the operation, follow it, print its results."""
    application = asyncio.run(_sync(folder, name, _Wanted(**wanted), timeout if wait else None))
    return operation.report(application, form, waited=wait)


async def _sync(folder: Path, name: str, wanted: _Wanted, wait_seconds: float | None) -> Manifest:
    async with session.open(folder) as opened:
        return await operation.run(opened, name, lambda current: _operation(current, wanted), wait_seconds)


def _operation(current: Manifest, wanted: _Wanted) -> dict[str, Any]:
    application = applications.view(current)
    revisions = pins(application, wanted.revisions)
    _check_revisions(application, revisions, dry_run=wanted.dry_run)
    many = application.is_multi_source
    sync: dict[str, Any] = {
        "prune": wanted.prune,
        "dryRun": wanted.dry_run,
        "resources": [_resource(text, application) for text in wanted.resources],
        "revisions": list(revisions) if many else [],
        "revision": revisions[0] if revisions and not many else "",
        "syncStrategy": {"hook": {}},
    }
    return operation.new(current, sync)


def _check_revisions(application: Application, revisions: Iterable[str], *, dry_run: bool) -> None:
    """Argo CD: automation would undo a sync to another revision at once, so it is refused."""
    if application.automated is None or dry_run:
        return
    for source, revision in zip(application.sources, revisions, strict=False):
        if revision != (source.target_revision or "HEAD"):
            raise UserError(
                f"cannot sync to {revision}: automated sync is on and set to {source.target_revision or 'HEAD'}; "
                "turn it off (spec.syncPolicy.automated), or commit the change",
                reason="AutomatedSync",
                subject=f"Application {application.key}",
            )


def _resource(text: str, application: Application) -> dict[str, str]:
    """`G:K:[NS/]NAME` as the operation names it.

    Raises:
        UserError: it is written wrong, or the Application has no such object.
    """
    parts = text.split(":")
    if len(parts) != 3 or not parts[1] or not parts[2].rpartition("/")[2]:
        raise UserError(
            f"--resource {text!r} is not GROUP:KIND:[NAMESPACE/]NAME; write for example apps:Deployment:shop/web"
        )
    namespace, _, name = parts[2].rpartition("/")
    known = [_written(one) for one in manifests.get(application.manifest, "status", "resources", default=[])]
    asked = [one for one in known if one == text or (not namespace and _without_namespace(one) == text)]
    if not asked:
        raise lookup.unknown("resource", text, known, where=f"in Application {application.key.name}")
    wanted = {"group": parts[0], "kind": parts[1], "namespace": namespace, "name": name}
    return {field: value for field, value in wanted.items() if value}


def _written(entry: dict[str, Any]) -> str:
    where = f"{entry['namespace']}/" if entry.get("namespace") else ""
    return f"{entry.get('group') or ''}:{entry.get('kind')}:{where}{entry.get('name')}"


def _without_namespace(written: str) -> str:
    group, kind, where = written.split(":", 2)
    return f"{group}:{kind}:{where.rpartition('/')[2]}"
