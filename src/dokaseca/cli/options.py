"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dokaseca.kit import durations

FOLDER_VARIABLE = "DOKASECA_DIR"
DEFAULT_FOLDER = "dokaseca-platform"


class Duration(click.ParamType[float]):
    """Seconds, written `90`, `30s`, `5m` or `1h30m`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        text = str(value)
        try:
            seconds = float(text) if text.isdigit() else durations.parse_seconds(text)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds < 0:
            self.fail(f"a duration cannot be negative: {text!r}", param, ctx)
        return seconds


DURATION = Duration()


class Folder(click.Path):
    """A folder's path; an empty one, as of an unset variable, is not the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the folder's path is empty", param, ctx)
        return super().convert(value, param, ctx)


folder = click.option(
    "--dir",
    "folder",
    type=Folder(file_okay=False, path_type=Path),
    envvar=FOLDER_VARIABLE,
    default=DEFAULT_FOLDER,
    show_default=True,
    show_envvar=True,
    help="The platform's folder.",
)

revisions = click.option(
    "--revision",
    "revisions",
    multiple=True,
    help="A branch, tag, commit or chart version instead of targetRevision; once per source.",
)
wait = click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the end of the operation.")
timeout = click.option(
    "--timeout",
    type=DURATION,
    default="5m",
    show_default=True,
    help="How long to wait at most, such as 90s; 0 waits for ever.",
)
