"""`dokaseca appset preview`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import exit_codes, output, shown
from dokaseca.cli.commands import appset_options
from dokaseca.cli.output import Form, Table
from dokaseca.model import manifest as manifests
from dokaseca.wiring.offline import inputs, set_files
from dokaseca.wiring.offline import preview as previews
from dokaseca.wiring.offline.inputs import Given
from dokaseca.wiring.offline.preview import Generated, Preview
from dokaseca.wiring.offline.set_files import SetFiles

COLUMNS = ("APPLICATIONSET", "APPLICATION", "PROJECT", "DESTINATION", "SOURCE", "REVISION", "PROBLEM", "FILE")
WIDE = 1

_HELP = """List the Applications that ApplicationSets generate, from files alone.

PATH is a file or folder; every ApplicationSet in it counts. Which clusters there are is told by --clusters. A
repository that git generators read is looked for on this machine: at the revision that the generator names, or in
the folder as it is where the repository has no such revision.

Applications that the controller would refuse, such as two of one name, are shown with the reason. Exits with 2 when
there are such, or when an ApplicationSet or file is wrong. Credentials in texts are masked.

\b
Examples:
  dokaseca appset preview argocd/appsets --clusters platform.yaml
  dokaseca appset preview team.yaml --clusters dev.tfvars --clusters prod.tfvars -o name
  dokaseca appset preview . --clusters <(kubectl get secrets -n argocd -o yaml) -o yaml
  dokaseca appset preview . --repo https://git.example/team/apps.git=../apps --worktree
"""


@click.command("preview", help=_HELP)
@appset_options.path
@appset_options.inputs
@click.option("--set", "sets", multiple=True, metavar="NAME", help="Only this ApplicationSet; may be repeated.")
@output.option("table", "wide", "name", "yaml", "json")
def command(
    path: Path, clusters: tuple[Path, ...], repo: tuple[str, ...], worktree: bool, sets: tuple[str, ...], form: Form
) -> int:
    """Expand and print."""
    found = set_files.of_path(path)
    preview = asyncio.run(_expand(path, found, appset_options.given(clusters, repo, worktree), sets))
    _show(preview, form)
    failed = [f"{one.source.place}: ApplicationSet {one.source.key}: {one.message}" for one in preview.failed]
    invalid = [] if form in ("table", "wide") else [_told(one) for one in preview.invalid()]
    is_wrong = appset_options.problems([*found.errors(), *failed, *invalid])
    return exit_codes.USAGE if is_wrong or preview.invalid() else exit_codes.OK


async def _expand(path: Path, found: SetFiles, given: Given, sets: tuple[str, ...]) -> Preview:
    world = inputs.world(given, path, appset_options.note)
    with appset_options.ProgressLine() as progress:
        return await previews.preview(inputs.only(found.sets, sets), world, progress)


def _show(preview: Preview, form: Form) -> None:
    if form == "yaml":
        from dokaseca.kit import yaml_out

        for one in preview.valid():
            click.echo(f"---\n{yaml_out.dump(appset_options.clean(one.application))}", nl=False)
    elif form == "json":
        items = [appset_options.clean(one.application) for one in preview.valid()]
        output.print_json({"apiVersion": "v1", "kind": "List", "items": items})
    else:
        output.show(form, table=_table(preview), data=None, names=[one.name for one in preview.valid()])


def _table(preview: Preview) -> Table:
    rows = [_row(one) for one in preview.generated]
    columns = list(COLUMNS)
    if not preview.invalid():
        at = columns.index("PROBLEM")
        columns.pop(at)
        rows = [[*row[:at], *row[at + 1 :]] for row in rows]
    return Table(columns, rows, WIDE, "no Application is generated")


def _row(one: Generated) -> list[str]:
    spec: Any = one.application.get("spec") or {}
    sources = [source for _, source in previews.sources(spec)]
    told = [source for source in sources if not source.get("ref") or source.get("chart") or source.get("path")]
    return [
        one.source.key.name,
        one.name,
        str(spec.get("project") or "default"),
        _destination(spec),
        ",".join(_source(source) for source in told or sources),
        ",".join(str(source.get("targetRevision") or "HEAD") for source in told or sources),
        shown.line(one.problem),
        one.source.place,
    ]


def _destination(spec: Any) -> str:
    destination = manifests.get(spec, "destination", default={})
    cluster = manifests.get(destination, "name") or manifests.get(destination, "server") or "?"
    namespace = manifests.get(destination, "namespace")
    return f"{cluster}/{namespace}" if namespace else str(cluster)


def _source(source: Any) -> str:
    if source.get("chart"):
        return str(source["chart"])
    return str(source.get("path") or ".")


def _told(one: Generated) -> str:
    return f"{one.source.place}: Application {one.name}: {one.problem}"
