"""`dokaseca appset explain`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dokaseca.cli import exit_codes, output, shown
from dokaseca.cli.commands import appset_options
from dokaseca.wiring.offline import explain as explaining
from dokaseca.wiring.offline import inputs, marked_sets
from dokaseca.wiring.offline.explain import Explained, FieldTrace, Question
from dokaseca.wiring.offline.inputs import Given

_VALUE_CHARS = 100

_HELP = """Show where each value of a generated Application comes from, from files alone.

NAME is the Application's name, or namespace/name. Shown are its ApplicationSet, the generators that took part (of a
merge, those whose values prevail), and for each field its value, the line of the template that it comes from, and
the parameters in it with the cluster, file or generator that gave them.

\b
Examples:
  dokaseca appset explain addon-spoke-dev-velero argocd/appsets --clusters dev.tfvars
  dokaseca appset explain web-dev . --clusters platform.yaml --field spec.sources
  dokaseca appset explain web-dev . --clusters platform.yaml --field spec.source.helm.valuesObject.image -o json
"""


@click.command("explain", help=_HELP)
@click.argument("name")
@appset_options.path
@appset_options.inputs
@click.option(
    "--field", "fields", multiple=True, metavar="PATH", help="Only this field and what is below it; may be repeated."
)
@click.option("--set", "sets", multiple=True, metavar="NAME", help="Look only at this ApplicationSet; may be repeated.")
@output.option("table", "json", "yaml")
def command(name: str, path: Path, form: output.Form, **options: Any) -> int:
    """Trace and print."""
    given = appset_options.given(options["clusters"], options["repo"], options["worktree"])
    found, failed = asyncio.run(_explain(Question(name, options["fields"]), path, given, options["sets"]))
    if form == "table":
        for number, one in enumerate(found):
            click.echo(("\n" if number else "") + "\n".join(_told(one)))
    else:
        output.show(form, table=output.Table((), ()), data=[asdict(one) for one in found])
    if len(found) > 1:
        appset_options.note(
            f"{len(found)} ApplicationSets give an Application of this name; only the first can have it"
        )
    for message in failed:
        appset_options.note(message)
    return exit_codes.OK


async def _explain(
    question: Question, path: Path, given: Given, names: tuple[str, ...]
) -> tuple[list[Explained], list[str]]:
    found = marked_sets.read([path])
    for message in found.problems:
        appset_options.note(message)
    world = inputs.world(given, path, appset_options.note)
    chosen = inputs.only([one.source for one in found.sets], names)
    sets = [one for one in found.sets if one.source in chosen]
    with appset_options.ProgressLine() as progress:
        return await explaining.explain(question, sets, world, progress)


def _told(one: Explained) -> Iterator[str]:
    """Places in the ApplicationSet's own file are told by their line alone."""
    file = one.place.rpartition(":")[0]
    yield click.style(f"Application {one.name}", bold=True)
    engine = "Go templates" if one.is_go else "{{key}} substitution"
    yield f"  ApplicationSet {one.application_set} ({one.place}), {engine}"
    for each in one.generators:
        gives = f": {', '.join(each.gives)}" if each.gives else ""
        yield f"  {each.path} ({_near(each.place, file)}){gives}"
    yield ""
    for field in one.fields:
        yield from _field(field, file)


def _field(field: FieldTrace, file: str) -> Iterator[str]:
    name, place = click.style(field.path, bold=True), _near(field.place, file)
    if not field.template:
        yield f"{name} = {_short(field.value)}   ({place})"
        return
    yield f"{name} = {_short(field.value)}"
    yield f"    {_short(field.template)}   ({place})"
    for each in field.parameters:
        value = "(missing)" if each.value is None else _short(each.value)
        yield f"      {shown.line(each.name)} = {value}   {_near(each.whence, file)}"


def _near(place: str, file: str) -> str:
    return shown.line(place.replace(f"{file}:", "line "))


def _short(value: str) -> str:
    line = shown.line(value.strip())
    return line if len(line) <= _VALUE_CHARS else f"{line[:_VALUE_CHARS]}..."
