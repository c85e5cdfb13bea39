"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dokaseca.cli import options


@click.command()
@options.folder
@options.timeout
@options.wait
def command(folder: Path, timeout: float, wait: bool) -> None:
    click.echo(f"{folder} {timeout:g} {wait}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "dokaseca-platform 300 True"),
        (["--dir", "x", "--timeout", "90"], "x 90 True"),
        (["--timeout", "1h30m", "--no-wait"], "dokaseca-platform 5400 False"),
        (["--timeout", "0"], "dokaseca-platform 0 True"),
        (["--timeout", "250ms"], "dokaseca-platform 0.25 True"),
    ],
)
def test_what_is_given_and_what_is_not(arguments, said):
    assert CliRunner().invoke(command, arguments).stdout == f"{said}\n"


def test_the_folder_may_come_from_the_environment():
    assert CliRunner().invoke(command, [], env={"DOKASECA_DIR": "/p"}).stdout == "/p 300 True\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [("soon", "not a duration: 'soon' (write for example 30s"), ("-5s", "a duration cannot be negative: '-5s'")],
)
def test_a_duration_that_is_none_is_explained(text, message):
    result = CliRunner().invoke(command, ["--timeout", text])
    assert result.exit_code == 2
    assert message in result.stderr
