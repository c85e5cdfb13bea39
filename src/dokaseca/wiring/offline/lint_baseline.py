"""The baseline file: findings that are known, so that new ones stand out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from dokaseca.bridge.lint import suppress
from dokaseca.bridge.lint.finding import Finding
from dokaseca.bridge.lint.suppress import Suppressed
from dokaseca.model.errors import UserError
from dokaseca.wiring import layout
from dokaseca.wiring.offline import cluster_files


def write(file: Path, findings: Sequence[Finding]) -> None:
    """Put these findings into the file, and nothing else.

    Raises:
        UserError: the file cannot be written.
    """
    content = orjson.dumps(suppress.baseline_of(findings, _from(file)), option=orjson.OPT_INDENT_2)
    layout.replace(file, content + b"\n", mode=0o644)


def apply(file: Path, findings: Sequence[Finding]) -> tuple[list[Finding], list[Suppressed]]:
    """Findings that are new, and those that the file holds.

    Raises:
        UserError: the file cannot be read, or is no baseline.
    """
    try:
        value = orjson.loads(cluster_files.read_file(file))
    except orjson.JSONDecodeError as error:
        raise UserError(f"{file} is no baseline: {error}", reason="InvalidBaseline") from error
    return suppress.apply_baseline(findings, value, _from(file), subject=str(file))


def _from(file: Path) -> Callable[[str], str]:
    """Paths as seen from the baseline's folder, so that it does not matter where the command runs."""
    folder = file.absolute().parent
    return lambda path: Path(os.path.relpath(Path(path).absolute(), folder)).as_posix()
