"""`dokaseca down`: stop the platform, and delete it when asked to."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import click

from dokaseca.cli import exit_codes, options
from dokaseca.model.errors import TransientError, UserError
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.layout import Layout

STOP_SECONDS = 30.0  # it closes connections and databases in well under a second
LOOK_SECONDS = 0.05

_HELP = """Stop the platform that runs in a folder. Its state stays: `dokaseca up` resumes it.

\b
Examples:
  dokaseca down
  dokaseca down --delete --yes     # and delete the folder with clusters, repositories and work trees
"""


@click.command("down", help=_HELP)
@options.folder
@click.option("--delete", is_flag=True, help="Delete the folder too: clusters, repositories and work trees.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(folder: Path, delete: bool, yes: bool) -> int:
    """Stop, then delete."""
    layout = Layout(folder.expanduser().resolve())
    if delete:
        _refuse_foreign(layout)
        if not yes:
            click.confirm(
                f"Delete {layout.root} with clusters, repositories and work trees, unpushed commits too?", abort=True
            )
    pid = layouts.running_pid_or_none(layout)
    if pid is None:
        click.echo(f"no platform runs in {layout.root}")
    else:
        _stop(layout, pid)
        click.echo(f"stopped (pid {pid})")
    if delete:
        _delete(layout)
    return exit_codes.OK


def _stop(layout: Layout, pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise UserError(
            f"the platform runs as another user (pid {pid}); stop it as that user", reason="NotPermitted"
        ) from error
    deadline = time.monotonic() + STOP_SECONDS
    while layouts.running_pid_or_none(layout) == pid:
        if time.monotonic() > deadline:
            raise TransientError(
                f"process {pid} did not stop within {STOP_SECONDS:.0f} s; kill it: its state is safe",
                reason="StillRunning",
            )
        time.sleep(LOOK_SECONDS)


def _delete(layout: Layout) -> None:
    """Take away what is the platform's; a folder that then holds nothing else goes too."""
    for path in layout.ours():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    others = sorted(path.name for path in layout.root.iterdir())
    if others:
        click.echo(f"deleted the platform in {layout.root}; kept what is not its own: {', '.join(others)}")
    else:
        layout.root.rmdir()
        click.echo(f"deleted {layout.root}")


def _refuse_foreign(layout: Layout) -> None:
    """Only a folder that `up` made is deleted.

    Raises:
        UserError: it is none.
    """
    if not layout.state.is_dir() or not layout.platform_file.is_file():
        raise UserError(
            "is not a platform's folder; nothing was deleted", reason="NotAPlatform", subject=str(layout.root)
        )
