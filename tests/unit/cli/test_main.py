"""The entry point: what is imported, what `--help` shows, and how every command ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dokaseca.cli import exit_codes, failures
from dokaseca.cli.main import COMMANDS, Root, root
from dokaseca.model import errors

HEAVY = {"aiohttp", "cryptography", "pygit2", "rich", "jsonschema", "orjson", "yaml", "asyncio", "jq", "re2"}

PROBE = '''
import logging
import click
from dokaseca.model.errors import *

@click.command("probe")
@click.argument("what")
@click.pass_context
def command(ctx, what):
    """Ends as it is told to."""
    if what == "interrupt":
        raise KeyboardInterrupt
    if what == "exit":
        ctx.exit(7)
    if what == "group":
        raise ExceptionGroup("many", [ExceptionGroup("more", [TransientError("the network is down")])])
    if what == "log":
        logging.getLogger("dokaseca.probe").debug("seen", extra={"fields": {"a": 1}})
        return 1
    return eval(what)
'''


@pytest.fixture
def probe(tmp_path, monkeypatch):
    """A command line whose one command does what its argument says."""
    (tmp_path / "probe_commands").mkdir()
    (tmp_path / "probe_commands" / "probe.py").write_text(PROBE)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = Root(
        "dokaseca", package="probe_commands", table={"probe": "Probe."}, callback=root.callback, params=root.params
    )

    def call(what: str, *options: str) -> Result:
        return CliRunner().invoke(found, [*options, "probe", what])

    yield call
    sys.modules.pop("probe_commands.probe", None)
    sys.modules.pop("probe_commands", None)


def run(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "dokaseca.cli.main", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, **more)  # type: ignore[call-overload,no-any-return]


def test_importing_the_entry_point_and_its_help_load_nothing_heavy():
    code = "import sys; import dokaseca, dokaseca.cli.main as m; " + (
        "\ntry: m.root.main(['--help'])\nexcept SystemExit: pass\nprint('MODULES', *sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    loaded = set(said.partition("MODULES ")[2].split())
    assert "dokaseca.cli.main" in loaded
    assert loaded & HEAVY == set()
    assert not any(name.startswith("dokaseca.cli.commands.") for name in loaded)


def test_help_lists_every_command_with_its_line_and_every_exit_code():
    result = CliRunner().invoke(root, ["--help"])
    assert result.exit_code == 0
    for name, line in COMMANDS.items():
        assert f"  {name:<12}{line}" in result.stdout
    for code, meaning in exit_codes.MEANINGS.items():
        assert f"    {code:<4} {meaning}" in result.stdout


@pytest.mark.parametrize("group", ["app", "cluster"])
def test_a_group_lists_its_commands(group):
    result = CliRunner().invoke(root, [group, "--help"])
    assert result.exit_code == 0
    assert "  list " in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        *[(name,) for name in COMMANDS],
        *[("app", name) for name in ("list", "get", "diff", "sync", "history", "rollback")],
        *[("cluster", name) for name in ("list", "label", "annotate")],
    ],
)
def test_every_command_loads_and_its_help_shows_an_example(words):
    result = CliRunner().invoke(root, [*words, "-h"])
    assert result.exit_code == 0, result.stderr
    assert f"dokaseca {' '.join(words)}" in result.stdout
    assert "Example" in result.stdout


def test_no_command_shows_the_help_on_stderr():
    result = CliRunner().invoke(root, [])
    assert result.exit_code == exit_codes.USAGE
    assert (result.stdout, result.stderr.splitlines()[0]) == ("", "Usage: dokaseca [OPTIONS] COMMAND [ARGS]...")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["statsu"], "error: there is no command 'statsu'; did you mean 'status'?\nhint: see `dokaseca --help`\n"),
        (["xyz"], "error: there is no command 'xyz'; there are: demo, up, status,"),
        (["app", "lst"], "error: there is no command 'lst'; did you mean 'list'?\nhint: see `dokaseca app --help`\n"),
        (["--nope"], "error: No such option"),
        (["app", "list", "--nope"], "hint: see `dokaseca app list --help`\n"),
        (["--log-level", "loud", "version"], "'loud' is not one of 'debug', 'info', 'warning', 'error'"),
    ],
)
def test_wrong_usage_says_what_is_right_and_exits_with_2(arguments, message):
    result = CliRunner().invoke(root, arguments)
    assert result.exit_code == exit_codes.USAGE
    assert result.stdout == ""
    assert message in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UserError("x"), 2),
        (errors.NotFoundError("x"), 2),
        (errors.DeniedError("x"), 2),
        (errors.IntegrityError("x"), 2),
        (errors.TransientError("x"), 3),
        (errors.ConflictError("x"), 3),
        (errors.ExpiredError("x"), 3),
        (errors.WaitingError("x", retry_after_seconds=1), 3),
    ],
)
def test_every_deliberate_error_has_an_exit_code(error, code):
    assert failures.code_of(error) == code


@pytest.mark.parametrize(
    ("what", "code"), [("None", 0), ("'text'", 0), ("0", 0), ("1", 1), ("exit", 7), ("interrupt", 130)]
)
def test_a_command_ends_with_the_code_that_it_returns(probe, what, code):
    assert probe(what).exit_code == code


def test_an_error_is_one_line_with_its_hint_and_without_credentials(probe):
    text = "(_ for _ in ()).throw(DeniedError('https://u:s3cret@h refused', reason='Conflict', subject='f.yaml:1:2'))"
    result = probe(text)
    assert result.exit_code == 2
    assert result.stderr == (
        "error: f.yaml:1:2: https://********@h refused\n"
        "hint: somebody else changed it at the same moment; run the command again\n"
    )
    assert result.stdout == ""


def test_the_first_error_of_a_group_counts(probe):
    result = probe("group")
    assert (result.exit_code, result.stderr) == (3, "error: the network is down\n")


def test_an_error_of_our_own_asks_to_be_reported_and_shows_a_traceback_only_at_debug(probe):
    result = probe("{}['https://u:s3cret@h']")
    assert result.exit_code == exit_codes.BUG
    first, hint = result.stderr.splitlines()
    assert first.startswith("error: dokaseca failed unexpectedly at ")
    assert "(KeyError: 'https://********@h')" in first
    assert hint.startswith("hint: please report it at https://")
    assert "Traceback" in probe("{}['x']", "--log-level", "debug").stderr


def test_the_log_goes_to_stderr_in_the_form_that_was_asked_for(probe):
    assert probe("log").stderr == ""
    assert probe("log", "--log-level", "debug").stderr.endswith("DEBUG seen a=1\n")
    assert '"msg": "seen", "a": 1' in probe("log", "--log-level", "debug", "--log-format", "json").stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    read, write = os.pipe()
    os.close(read)
    argv = [sys.executable, "-m", "dokaseca.cli.main", "version"]
    ended = subprocess.run(argv, stdout=write, stderr=subprocess.PIPE, timeout=60, cwd=tmp_path)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (exit_codes.BROKEN_PIPE, b"")


def test_the_module_runs_as_a_program(tmp_path):
    ended = run("app", "list", cwd=tmp_path)
    assert ended.returncode == exit_codes.UNREACHABLE
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"error: no platform runs in {Path(tmp_path) / 'dokaseca-platform'};")
