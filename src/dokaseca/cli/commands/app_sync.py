"""`dokaseca app sync`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import exit_codes, lookup, operation, options, output
from dokaseca.cli.commands.app_diff import pins
from dokaseca.cli.output import Form
from dokaseca.kit.clock import SystemClock
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.errors import DeniedError, DokaSecaError, NotFoundError, UserError
from dokaseca.model.manifest import Manifest
from dokaseca.policy import windows
from dokaseca.wiring import session

_HELP = """Bring the cluster to what Git says, and wait for the end of it.

NAME may be several, or left out for a selector: they are synced side by side.

Exits with 1 when an operation fails. Ctrl-C stops the waiting, not the operation.

\b
Examples:
  dokaseca app sync workload-shop-dev
  dokaseca app sync workload-shop-dev --prune --timeout 2m
  dokaseca app sync -l team=team-a
  dokaseca app sync workload-shop-dev --resource apps:Deployment:shop/web --dry-run
"""

AT_A_TIME = 16  # operations that are followed: as many as the engine works on


@dataclass(frozen=True, slots=True)
class _Wanted:
    revisions: tuple[str, ...]
    resources: tuple[str, ...]
    prune: bool
    dry_run: bool


@click.command("sync", help=_HELP)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@options.folder
@click.option("-l", "--selector", default="", help="All Applications with these labels, such as team=team-a.")
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
def command(
    names: tuple[str, ...], folder: Path, selector: str, wait: bool, timeout: float, form: Form, **wanted: Any
) -> int:
    """Ask for the operations, follow them, print their results."""
    if bool(names) is bool(selector):
        raise click.UsageError("give the NAMEs of Applications, or --selector")
    if wanted["resources"] and len(set(names)) != 1:
        raise click.UsageError("--resource needs exactly one NAME")
    found = asyncio.run(_sync(folder, names, selector, _Wanted(**wanted), timeout if wait else None))
    codes = [_report(one, form, waited=wait) for one in found]
    return max(codes, default=exit_codes.OK)


def _report(outcome: Manifest | DokaSecaError, form: Form, *, waited: bool) -> int:
    if isinstance(outcome, DokaSecaError):
        click.echo(f"error: {outcome}", err=True)
        return exit_codes.NO
    return operation.report(outcome, form, waited=waited)


async def _sync(
    folder: Path, names: tuple[str, ...], selector: str, wanted: _Wanted, wait_seconds: float | None
) -> list[Manifest | DokaSecaError]:
    """What became of each Application; where there is one, its error is raised.

    Raises:
        NotFoundError: the selector finds none.
    """
    async with session.open(folder) as opened:
        if selector:
            listed = (await opened.hub.list(applications.GVK, label_selector=selector)).items
            names = tuple(sorted(lookup.title(one) for one in listed))
            if not names:
                raise NotFoundError(f"no Application has labels {selector!r}; see `dokaseca app list -l ...`")
        names = tuple(dict.fromkeys(names))
        if len(names) == 1:
            return [await _one(opened, names[0], wanted, wait_seconds)]
        limit = asyncio.Semaphore(AT_A_TIME)

        async def one(name: str) -> Manifest | DokaSecaError:
            async with limit:
                try:
                    return await _one(opened, name, wanted, wait_seconds)
                except DokaSecaError as error:
                    return error

        async with asyncio.TaskGroup() as group:
            running = [group.create_task(one(name), name=f"sync {name}") for name in names]
        return [task.result() for task in running]


async def _one(opened: session.Session, name: str, wanted: _Wanted, wait_seconds: float | None) -> Manifest:
    await _require_window(opened, name, dry_run=wanted.dry_run)
    return await operation.run(opened, name, lambda current: _operation(current, wanted), wait_seconds)


async def _require_window(opened: session.Session, name: str, *, dry_run: bool) -> None:
    """Argo CD: what a sync window forbids is refused at once instead of waiting for its end."""
    application = await lookup.application(opened, name)
    project = str(manifests.get(application, "spec", "project", default="") or "default")
    try:
        rules = await opened.hub.get(session.PROJECTS, lookup.NAMESPACE, project)
    except NotFoundError:  # the controller says so
        return
    known = await lookup.registrations(opened)
    cluster = lookup.cluster_name(application, known)
    servers = tuple(one.server for one in known if cluster in (one.name, one.server))
    namespace = str(manifests.get(application, "spec", "destination", "namespace", default=""))
    subject = windows.Subject(manifests.name(application), namespace, (cluster, *servers))
    answer = windows.permits(rules, subject, SystemClock().now(), manual=True)
    if not answer.decision.allowed and not dry_run:
        raise DeniedError(answer.decision.reason, reason="SyncWindow", subject=f"Application {name}")


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
