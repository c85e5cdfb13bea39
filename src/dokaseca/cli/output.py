"""Answers on stdout: aligned text for people, JSON, YAML and names for scripts."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import click

Form = Literal["table", "wide", "json", "yaml", "name"]
F = TypeVar("F", bound=Callable[..., Any])

FORMS: Final = ("table", "wide", "json", "yaml", "name")
GAP: Final = "   "  # between columns, as kubectl has it
_STYLES: Final = {
    **dict.fromkeys(("Synced", "Healthy", "Succeeded", "Pruned", "ok", "Provisioned"), "green"),
    **dict.fromkeys(("OutOfSync", "Progressing", "Missing", "Suspended", "Running", "PruneSkipped", "warn"), "yellow"),
    **dict.fromkeys(("Degraded", "Failed", "Error", "SyncFailed", "fail"), "red"),
    "Unknown": "magenta",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts.

    Attributes:
        wide: how many of the last columns only `-o wide` shows.
        empty: what to say on stderr when there is no row.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    wide: int = 0
    empty: str = ""

    def shown(self, form: Form) -> Table:
        """The columns that a form shows."""
        count = len(self.columns) - (0 if form == "wide" else self.wide)
        return Table(self.columns[:count], [row[:count] for row in self.rows], 0, self.empty)


def option(*forms: Form) -> Callable[[F], F]:
    """`-o`; the first form is the default."""
    return click.option(
        "-o",
        "--output",
        "form",
        type=click.Choice(forms or FORMS),
        default=(forms or FORMS)[0],
        show_default=True,
        help="How to print.",
    )


def show(form: Form, *, table: Table, data: Any, names: Iterable[str] = ()) -> None:
    """Print an answer in the form that was asked for."""
    if form == "json":
        print_json(data)
    elif form == "yaml":
        print_yaml(data)
    elif form == "name":
        for name in names:
            click.echo(name)
    else:
        print_table(table.shown(form))


def print_json(data: Any) -> None:
    """Indented JSON."""
    import orjson

    click.echo(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())


def print_yaml(data: Any) -> None:
    """YAML in block style."""
    from dokaseca.kit import yaml_out

    click.echo(yaml_out.dump(data), nl=False)


def print_table(table: Table) -> None:
    """Aligned columns; with colours where a person looks on."""
    if not table.rows:
        if table.empty:
            click.echo(table.empty, err=True)
        return
    if is_terminal() and _width(table) <= shutil.get_terminal_size().columns:
        _print_rich(table)
    else:
        click.echo(text(table))


def text(table: Table) -> str:
    """The table as plain aligned text, without a newline at its end."""
    lines = [[_clean(cell) for cell in line] for line in (table.columns, *table.rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(table.columns))]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _width(table: Table) -> int:
    """How wide the table is; one that does not fit is printed plainly, for broken words are worse than broken lines."""
    return max(len(line) for line in text(table).splitlines())


def is_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _print_rich(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=None, pad_edge=False, padding=(0, len(GAP), 0, 0), header_style="bold")
    for column in table.columns:
        drawn.add_column(column, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(_clean(cell), style=_STYLES.get(cell, "")) for cell in row))
    Console(highlight=False).print(drawn)


def _clean(cell: str) -> str:
    """One line without control characters: a cluster's texts must not steer a terminal."""
    return cell if cell.isprintable() else "".join(one if one.isprintable() else " " for one in cell)
