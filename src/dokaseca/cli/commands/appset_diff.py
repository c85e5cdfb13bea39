"""`dokaseca appset diff`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import click

from dokaseca.cli import exit_codes, output
from dokaseca.cli.commands import appset_changes, appset_options
from dokaseca.wiring.offline import compare, revisions
from dokaseca.wiring.offline.compare import Change, Comparison
from dokaseca.wiring.offline.inputs import Given
from dokaseca.wiring.offline.revisions import Range

_HELP = """Show which Applications a change in Git makes appear, change or vanish, and why; from files alone.

PATH holds the ApplicationSets and lies in a Git repository; they are expanded as they are at --base and at --head.
What lies in the same repository is read at these points too: files that generators read, and --clusters. Without
--head, it is the work tree as it is.

Applications that change alike are shown together. What an ApplicationSet that fails would give is not known, so
nothing of it counts as vanished. Exits with 2 when one fails at head, when an Application is refused there (its name
is taken, its cluster unknown) and was not before, or when an input is wrong.

\b
Examples:
  dokaseca appset diff --clusters clusters/                                  # what is not committed yet
  dokaseca appset diff --base main --head feature argocd/appsets --clusters platform.yaml
  dokaseca appset diff --base origin/main --clusters prod.tfvars -o markdown > comment.md
  dokaseca appset diff --base v1 --head v2 --clusters secrets.yaml --exit-code || echo differs
"""


@click.command("diff", help=_HELP)
@appset_options.path
@click.option("--base", default="HEAD", show_default=True, help="Compare from this revision.")
@click.option("--head", help="Compare to this revision.  [default: the work tree]")
@appset_options.inputs
@click.option("--exit-code", "is_code", is_flag=True, help="Exit with 1 when there are differences.")
@click.option(
    "-o", "--output", "form", type=click.Choice(("text", "markdown", "json")), default="text", show_default=True,
    help="How to print; markdown is cut to the size of a comment.",
)  # fmt: skip
def command(**options: Any) -> int:
    """Expand both points, compare and print."""
    given = appset_options.given(options["clusters"], options["repo"], options["worktree"])
    compared = Range(options["path"], options["base"], options["head"])
    found, problems = asyncio.run(_compare(compared, given))
    _print(found, compared, options["form"])
    for note in found.notes:
        appset_options.note(note)
    if appset_options.problems([*problems, *found.failed, *found.refused]):
        return exit_codes.USAGE
    return exit_codes.NO if options["is_code"] and found.changes else exit_codes.OK


async def _compare(compared: Range, given: Given) -> tuple[Comparison, list[str]]:
    base, head = revisions.points(compared, given, appset_options.note)
    with appset_options.ProgressLine() as progress:
        return await compare.compare(base, head, progress), head.problems


def _print(found: Comparison, compared: Range, form: str) -> None:
    if form == "json":
        output.print_json(
            {
                "changes": [_as_json(one) for one in found.changes],
                "unchanged": found.unchanged_count,
                "failed": found.failed,
                "refused": found.refused,
            }
        )
    elif form == "markdown":
        click.echo(
            appset_changes.markdown(found, f"{compared.base} -> {compared.head or revisions.WORK_TREE}"), nl=False
        )
    else:
        click.echo(appset_changes.text(found))


def _as_json(one: Change) -> dict[str, Any]:
    return {**asdict(one), "fields": [{"path": each.path, "diff": list(each.lines)} for each in one.fields]}
