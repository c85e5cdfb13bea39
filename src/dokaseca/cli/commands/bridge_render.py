"""`dokaseca bridge render`."""

from __future__ import annotations

from pathlib import Path

import click

from dokaseca.cli import exit_codes, output
from dokaseca.cli.commands import appset_options
from dokaseca.wiring.offline import bridge_files
from dokaseca.wiring.offline.bridge_files import Contract

_HELP = """Print the cluster Secrets and bootstrap ApplicationSets that a platform file or tfvars yield.

They are those that `dokaseca up` writes; tfvars are taken as `dokaseca bridge import` takes them. With --contract
terraform they are the Secrets that the Terraform control plane writes from tfvars instead: compare the two before you
move. What only a running platform knows (addresses, certificates, repositories in its folder) is a placeholder that
ends in .invalid, or empty.

\b
Examples:
  dokaseca bridge render --platform platform.yaml
  dokaseca bridge render --tfvars dev.tfvars --tfvars prod.tfvars --contract terraform
"""


@click.command("render", help=_HELP)
@click.option("--platform", type=click.Path(path_type=Path), help="A platform file.")
@click.option(
    "--tfvars", multiple=True, type=click.Path(path_type=Path), help="Variables of a cluster; may be repeated."
)
@click.option(
    "--contract", type=click.Choice(("dokaseca", "terraform")), default="dokaseca", show_default=True,
    help="Whose Secrets: of `dokaseca up`, or of the Terraform control plane (tfvars only).",
)  # fmt: skip
@output.option("yaml", "json", "name")
def command(platform: Path | None, tfvars: tuple[Path, ...], contract: Contract, form: output.Form) -> int:
    """Render and print."""
    if (platform is None) == (not tfvars):
        raise click.UsageError("give --platform, or --tfvars once or more")
    if platform is not None and contract == "terraform":
        raise click.UsageError("--contract terraform needs --tfvars: Terraform knows no platform files")
    found = bridge_files.of_platform(platform) if platform else bridge_files.of_tfvars(tfvars, contract)
    if form == "yaml":
        from dokaseca.kit import yaml_out

        click.echo(yaml_out.dump_all(found.manifests), nl=False)
    elif form == "json":
        output.print_json({"apiVersion": "v1", "kind": "List", "items": list(found.manifests)})
    else:
        for one in found.manifests:
            click.echo(f"{one['kind'].lower()}/{one['metadata']['name']}")
    for note in dict.fromkeys(map(str, found.notes)):
        appset_options.note(note)
    return exit_codes.OK
