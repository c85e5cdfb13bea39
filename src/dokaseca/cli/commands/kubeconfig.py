"""`dokaseca kubeconfig`."""

from __future__ import annotations

from pathlib import Path

import click

from dokaseca.cli import exit_codes, lookup, options
from dokaseca.model.errors import TransientError, UserError
from dokaseca.wiring import session
from dokaseca.wiring.layout import Layout

_HELP = """Print the kubeconfig: one context per cluster, the hub current. It holds private keys.

\b
Examples:
  export KUBECONFIG=$(dokaseca kubeconfig --path)
  dokaseca kubeconfig --cluster dev > dev.yaml
"""


@click.command("kubeconfig", help=_HELP)
@options.folder
@click.option("--cluster", default="", help="Only this cluster.")
@click.option("--path", "path_only", is_flag=True, help="Print where the file is instead.")
def command(folder: Path, cluster: str, path_only: bool) -> int:
    """Find the file, print it or its path."""
    path = _find(session.layout_of(folder), cluster)
    if path_only:
        click.echo(path)
        return exit_codes.OK
    try:
        click.echo(path.read_text(), nl=False)
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", subject=str(path)) from error
    return exit_codes.OK


def _find(layout: Layout, cluster: str) -> Path:
    if not layout.kubeconfig.exists():
        raise TransientError(
            f"no platform has been up in {layout.root}; start it with `dokaseca up --dir {layout.root}`",
            reason="NotRunning",
        )
    if not cluster:
        return layout.kubeconfig
    known = {path.stem: path for path in layout.kubeconfigs.glob("*.yaml")}
    if cluster not in known:
        raise lookup.unknown("cluster", cluster, known)
    return known[cluster]
