"""`dokaseca cluster annotate`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from dokaseca.cli import exit_codes, marks, options
from dokaseca.cli.marks import ANNOTATIONS

_HELP = """Set (KEY=VALUE) or remove (KEY-) annotations of a cluster, as kubectl annotate does.

Annotations carry values, such as URLs, into the templates of ApplicationSets. An annotation that the cluster's file in
the clusters repository sets is changed there, not here.

\b
Examples:
  dokaseca cluster annotate dev contact=ops@example.com
  dokaseca cluster annotate dev contact-
"""


@click.command("annotate", help=_HELP)
@click.argument("name")
@click.argument("changes", nargs=-1, required=True, metavar="KEY=VALUE|KEY-...")
@options.folder
@click.option("--overwrite", is_flag=True, help="Change annotations that have another value already.")
def command(name: str, changes: tuple[str, ...], folder: Path, overwrite: bool) -> int:
    """Check, then patch the cluster's Secret."""
    parsed = marks.parse(changes, ANNOTATIONS)
    click.echo(asyncio.run(marks.change(folder, name, parsed, ANNOTATIONS, overwrite=overwrite)))
    return exit_codes.OK
