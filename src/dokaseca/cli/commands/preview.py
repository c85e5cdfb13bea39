"""`dokaseca preview`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from dokaseca.cli import exit_codes, output, shown
from dokaseca.cli.commands import appset_options
from dokaseca.cli.preview_progress import PreviewProgress
from dokaseca.flow.diff import markdown, summary
from dokaseca.flow.diff.summary import ApplicationChange, Report
from dokaseca.wiring import preview, preview_points, preview_tools
from dokaseca.wiring.offline import repositories
from dokaseca.wiring.preview_points import Compared
from dokaseca.wiring.preview_render import Capabilities
from dokaseca.wiring.preview_tools import Setup

_SIGNS: Final = {"create": "+", "change": "~", "delete": "-", "prune": "-"}
_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan", "~": "yellow"}

_HELP = """Show what a change in Git does to every cluster, down to the manifests, from files alone.

PATH holds ApplicationSets and Applications; Applications that other Applications hold are found too. Both are taken
at --base and at --head: those of the repository around the first PATH, or of those given by --in. A source of such a
repository is read at these points, unless its targetRevision names a tag, a commit or another branch. What is
equal at both is not rendered; what was rendered before comes from the cache.

Kubernetes' version is the label or annotation kubernetes_version of a cluster, else that of `dokaseca dock`; its kinds
are those of Kubernetes itself, and --api-versions. Values of Secrets are masked. Exits with 2 when something cannot
be rendered at head; the rest is shown.

\b
Examples:
  dokaseca preview --clusters clusters/                          # what is not committed yet
  dokaseca preview --base origin/main --head HEAD --merge-base --clusters platform.yaml -o markdown > comment.md
  dokaseca preview --base main --head feature --in ../workloads --repo https://git.example/workloads=../workloads \\
    --clusters ../clusters ../addons/argocd
"""


@click.command("preview", help=_HELP)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--base", default="HEAD", show_default=True, help="Compare from this revision.")
@click.option("--head", help="Compare to this revision.  [default: the work tree]")
@click.option("--merge-base", "is_merge_base", is_flag=True, help="Begin where head has branched off from base.")
@click.option(
    "--in", "changing", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A repository that --base and --head are revisions of; may be repeated.  [default: that of the first PATH]",
)  # fmt: skip
@click.option(
    "--repo", multiple=True, metavar="URL=FOLDER",
    help="Where a repository lies on this machine, a chart repository as a folder of .tgz; may be repeated.",
)  # fmt: skip
@click.option(
    "--clusters", multiple=True, type=click.Path(path_type=Path), metavar="FILE|FOLDER",
    help="Cluster Secrets, a platform file, .tfvars, or files of a clusters repository; may be repeated.",
)  # fmt: skip
@click.option("--kube-version", default="", metavar="VERSION", help="What templates are told, such as v1.33.0.")
@click.option("--api-versions", multiple=True, metavar="GROUP/VERSION[/KIND]", help="Served too; may be repeated.")
@click.option("--fetch-charts", is_flag=True, help="Fetch charts that are not on this machine from the network.")
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), help="Folder of what was rendered before.")
@click.option("--exit-code", "is_code", is_flag=True, help="Exit with 1 when there are differences.")
@click.option(
    "--max-size", type=click.IntRange(min=markdown.LEAST_BYTES), default=markdown.MAX_BYTES, show_default=True,
    metavar="BYTES", help="Of markdown; details are left out before summaries.",
)  # fmt: skip
@click.option(
    "-o", "--output", "form", type=click.Choice(("text", "markdown", "json")), default="text", show_default=True,
    help="How to print.",
)  # fmt: skip
def command(**options: Any) -> int:
    """Compare and print."""
    folders = repositories.parse(options["repo"])
    compared = Compared(
        paths=options["paths"] or (Path(),),
        base=options["base"],
        head=options["head"],
        changing=options["changing"],
        repositories=folders,
        clusters=options["clusters"],
        is_merge_base=options["is_merge_base"],
    )
    setup = Setup(
        cache=options["cache"],
        repositories=folders,
        capabilities=Capabilities(options["kube_version"], options["api_versions"]),
        is_online=options["fetch_charts"],
    )
    report = asyncio.run(_preview(compared, setup))
    _print(report, compared, options["form"], options["max_size"])
    for note in report.notes:
        appset_options.note(note)
    failed = [f"Application {one.name}: {one.error}" for one in report.applications if one.error]
    if appset_options.problems([*report.errors, *failed]):
        return exit_codes.USAGE
    return exit_codes.NO if options["is_code"] and report.applications else exit_codes.OK


async def _preview(compared: Compared, setup: Setup) -> Report:
    with PreviewProgress() as progress:
        async with preview_tools.renderer(setup) as renderer:
            return await preview.preview(compared, renderer, appset_options.note, progress)


def _print(report: Report, compared: Compared, form: str, max_bytes: int) -> None:
    between = f"{compared.base} -> {compared.head or preview_points.WORK_TREE}"
    if form == "json":
        output.print_json(_as_json(report, compared))
    elif form == "markdown":
        click.echo(markdown.render(report, between, max_bytes), nl=False)
    else:
        for line in _text(report):
            colour = _COLOURS.get(line.lstrip()[:1]) if output.is_terminal() else None
            click.echo(click.style(line, fg=colour) if colour else line)


def _text(report: Report) -> Iterator[str]:
    for one in report.applications:
        yield f"{_SIGNS[one.action]} {one.name} on {one.cluster} ({one.origin})"
        if one.error:
            yield f"  error: {shown.line(one.error)}"
        if one.base_error:
            yield f"  base could not be rendered: {shown.line(one.base_error)}"
        for what, danger in one.every_danger():
            yield f"  {danger.level}: {danger.rule}: {what}: {shown.line(danger.message)}"
        yield from _lines(one.spec_diff)
        for each in one.objects:
            yield f"  {_SIGNS[each.action]} {each.key}{': ' if each.note else ''}{each.note}"
            yield from _lines(each.diff)
        yield ""
    removed = summary.blast(report).crds_removed
    if removed:
        yield f"CRDs removed: {', '.join(removed)}"
    yield summary.headline(report)


def _lines(diff: str) -> Iterator[str]:
    """A difference, indented, that cannot steer a terminal."""
    for line in diff.splitlines():
        yield "    " + (line if line.isprintable() else "".join(one if one.isprintable() else " " for one in line))


def _as_json(report: Report, compared: Compared) -> dict[str, Any]:
    numbers = summary.blast(report)
    names = ("created", "changed", "gone")
    return {
        "base": compared.base,
        "head": compared.head,
        "summary": {
            "applications": dict(zip(names, numbers.applications, strict=True)),
            "objects": dict(zip(names, numbers.objects, strict=True)),
            "unchanged": report.unchanged_count,
            "clusters": list(numbers.clusters),
            "namespaces": [{"cluster": cluster, "namespace": name} for cluster, name in numbers.namespaces],
            "crdsRemoved": list(numbers.crds_removed),
            "dangers": numbers.danger_count,
            "warnings": numbers.warning_count,
            "errors": numbers.error_count,
            "rendered": report.rendered_count,
        },
        "applications": [_application(one) for one in report.applications],
        "errors": [shown.line(one) for one in report.errors],
        "notes": [shown.line(one) for one in report.notes],
    }


def _application(one: ApplicationChange) -> dict[str, Any]:
    return {
        "name": one.name,
        "action": one.action,
        "cluster": one.cluster,
        "namespace": one.namespace,
        "origin": one.origin,
        "diff": one.spec_diff,
        "dangers": [asdict(each) for each in one.dangers],
        "error": one.error,
        "baseError": one.base_error,
        "objects": [
            {
                **each.key._asdict(),
                "action": each.action,
                "note": each.note,
                "dangers": [asdict(danger) for danger in each.dangers],
                "diff": each.diff,
            }
            for each in one.objects
        ],
    }
