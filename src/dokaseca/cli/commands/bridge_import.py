"""`dokaseca bridge import`."""

from __future__ import annotations

from pathlib import Path

import click

from dokaseca.bridge import platform as platforms
from dokaseca.cli import exit_codes
from dokaseca.cli.commands import appset_options
from dokaseca.wiring.offline import bridge_files

_HELP = """Make a platform file for `dokaseca up` out of tfvars of the Terraform control plane.

Each file becomes a cluster, with every label and annotation that Terraform gives it; a file with cluster_type hub
becomes the hub. Variables that a platform file has no place for are listed with their lines, each with what becomes of
it: nothing is left out silently.

\b
Examples:
  dokaseca bridge import --tfvars dev.tfvars --tfvars prod.tfvars -o platform.yaml
  dokaseca bridge import --tfvars dev.tfvars | less
  dokaseca up -f platform.yaml
"""


@click.command("import", help=_HELP)
@click.option(
    "--tfvars",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Variables of a cluster; may be repeated.",
)
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), help="Where to write.  [default: stdout]")
@click.option("--name", default=bridge_files.NAME, show_default=True, help="The platform's name.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(tfvars: tuple[Path, ...], file: Path | None, name: str, force: bool) -> int:
    """Read, write and list what was left out."""
    imported = bridge_files.import_tfvars(tfvars, name)
    content = bridge_files.text_of(imported, tfvars)
    if file is None:
        platforms.load(content, subject="the platform file")
        click.echo(content.decode(), nl=False)
    else:
        bridge_files.write(file, content, is_forced=force)
        click.echo(f"wrote {file}; bring it up with: dokaseca up -f {file}")
    for note in dict.fromkeys(map(str, imported.notes)):
        appset_options.note(note)
    return exit_codes.OK
