"""`dokaseca version`."""

from __future__ import annotations

import asyncio
import platform

import click

import dokaseca
from dokaseca.cli import exit_codes, output, tools
from dokaseca.cli.output import Form, Table
from dokaseca.model.errors import DokaSecaError

_HELP = """Print the versions of dokaseca and of the tools inside it.

\b
Example:
  dokaseca version -o json
"""


@click.command("version", help=_HELP)
@output.option("table", "json", "yaml")
def command(form: Form) -> int:
    """Ask every tool."""
    found = {"dokaseca": dokaseca.__version__, "python": platform.python_version(), **asyncio.run(_tools())}
    output.show(form, table=Table(("COMPONENT", "VERSION"), [list(item) for item in found.items()]), data=found)
    return exit_codes.OK


async def _tools() -> dict[str, str]:
    found: dict[str, str] = {}
    for names, ask in ((("kubectl", "kustomize"), tools.kubectl_versions), (("helm",), tools.helm_version)):
        try:
            found.update(zip(names, await ask(), strict=True))
        except DokaSecaError:
            found.update(dict.fromkeys(names, "missing"))
    return found
