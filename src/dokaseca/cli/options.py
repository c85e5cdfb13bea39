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

folder = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=FOLDER_VARIABLE,
    default=DEFAULT_FOLDER,
    show_default=True,
    show_envvar=True,
    help="The platform's folder.",
)
