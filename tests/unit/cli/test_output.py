"""Answers on stdout, for people and for programs."""

from __future__ import annotations

import io
import sys

import click
import orjson
import pytest
import yaml
from click.testing import CliRunner

from dokaseca.cli import output
from dokaseca.cli.output import Table

TABLE = Table(("NAME", "HEALTH", "MORE"), [["web", "Healthy", "x"], ["longer-name", "Degraded", ""]], wide=1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_columns_are_aligned_and_lines_do_not_end_in_blanks():
    assert output.text(TABLE.shown("table")) == "NAME          HEALTH\nweb           Healthy\nlonger-name   Degraded"
    assert output.text(TABLE) == "NAME          HEALTH     MORE\nweb           Healthy    x\nlonger-name   Degraded"


def test_a_cell_is_one_line_without_control_characters():
    assert output.text(Table(("A",), [["a\nb\x1b[2Jc\td"]])) == "A\na b [2Jc d"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("table", "NAME          HEALTH\nweb           Healthy\nlonger-name   Degraded\n"),
        ("wide", "NAME          HEALTH     MORE\nweb           Healthy    x\nlonger-name   Degraded\n"),
        ("json", '{\n  "a": [\n    1\n  ]\n}\n'),
        ("yaml", "a:\n- 1\n"),
        ("name", "web\n"),
    ],
)
def test_every_form(capsys, form, expected):
    output.show(form, table=TABLE, data={"a": [1]}, names=["web"])
    assert capsys.readouterr().out == expected


def test_an_empty_table_says_so_on_stderr_and_machines_get_an_empty_list(capsys):
    empty = Table(("A",), [], empty="nothing there")
    output.show("table", table=empty, data=[])
    assert capsys.readouterr() == ("", "nothing there\n")
    output.show("table", table=Table(("A",), []), data=[])
    assert capsys.readouterr() == ("", "")
    output.show("json", table=empty, data=[])
    assert orjson.loads(capsys.readouterr().out) == []
    output.show("yaml", table=empty, data=[])
    assert yaml.safe_load(capsys.readouterr().out) == []


def test_people_get_colours_and_texts_are_never_markup(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    output.print_table(Table(("NAME", "HEALTH"), [["[red]web[/red]", "Healthy"]]))
    assert "\x1b[32mHealthy" in screen.getvalue()
    assert "[red]web[/red]" in screen.getvalue()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_turned_off(monkeypatch, name, value):
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(name, value)
    output.print_table(Table(("NAME", "HEALTH"), [["web", "Healthy"]]))
    assert "\x1b[32m" not in screen.getvalue()
    assert "Healthy" in screen.getvalue()


def test_the_option_offers_what_a_command_can_print():
    @click.command()
    @output.option("table", "json")
    def command(form: str) -> None:
        click.echo(form)

    assert CliRunner().invoke(command, []).stdout == "table\n"
    assert CliRunner().invoke(command, ["-o", "json"]).stdout == "json\n"
    assert "'name' is not one of 'table', 'json'" in CliRunner().invoke(command, ["-o", "name"]).stderr


def test_a_terminal_that_is_too_narrow_gets_whole_words(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    output.print_table(TABLE)
    assert screen.getvalue() == output.text(TABLE) + "\n"


def test_without_a_stdout_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert output.is_terminal() is False
