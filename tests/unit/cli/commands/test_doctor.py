"""`dokaseca doctor` and `version`: every check can say ok and can say no."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections import namedtuple

import orjson
import pytest
from click.testing import CliRunner
from tests.unit.cli.platform import running

import dokaseca
from dokaseca.bridge import examples
from dokaseca.cli import checks, tools
from dokaseca.cli.main import root
from dokaseca.wiring import layout as layouts
from dokaseca.wiring import session

Usage = namedtuple("Usage", "total used free")


def look(folder, name: str):
    found = {one.name: one for one in asyncio.run(checks.run(session.layout_of(folder)))}
    return found[name]


def test_a_new_folder_on_a_good_machine_is_fine_and_is_not_made(tmp_path):
    folder = tmp_path / "new"
    result = CliRunner().invoke(root, ["doctor", "--dir", str(folder), "-o", "json"])
    found = {one["check"]: one for one in orjson.loads(result.stdout)}
    assert result.exit_code == 0, found
    assert list(found) == [
        "python", "git", "helm", "kubectl", "folder", "disk", "platform.yaml", "platform", "ports",
    ]  # fmt: skip
    assert {one["result"] for name, one in found.items() if name != "platform"} == {"ok"}
    assert found["helm"]["found"].endswith("renders charts")
    assert found["platform"]["toDo"] == f"start it with `dokaseca up --dir {folder}`"
    assert not folder.exists()


def test_the_table_has_a_row_per_check(tmp_path):
    lines = CliRunner().invoke(root, ["doctor", "--dir", str(tmp_path)]).stdout.splitlines()
    assert lines[0].split() == ["CHECK", "RESULT", "FOUND", "TO", "DO"]
    assert len(lines) == 10


def test_a_running_platform_and_its_ports_are_seen(tmp_path):
    with running(tmp_path) as platform:
        port = int(platform.call("kubeconfig").stdout.split("server: https://127.0.0.1:")[1].split()[0])
        layouts.write_ports(platform.layout, {"hub": port})
        platform.layout.platform_file.write_bytes(examples.default_platform())
        assert look(tmp_path, "platform").found == f"running (pid {os.getpid()})"
        assert look(tmp_path, "ports").found == f"hub {port} answer"
        assert look(tmp_path, "platform.yaml").found.startswith("platform ")
        layouts.write_ports(platform.layout, {"hub": port, "web": 1})
        dead = look(tmp_path, "ports")
    assert (dead.result, dead.found) == ("warn", "web 1 do not answer")
    assert (look(tmp_path, "platform").result, look(tmp_path, "platform").found) == ("warn", "not running")


def test_a_port_that_another_program_holds_is_a_failure(tmp_path):
    layout = layouts.prepare(tmp_path)
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        layouts.write_ports(layout, {"hub": port})
        found = look(tmp_path, "ports")
    assert (found.result, found.found) == ("fail", f"hub {port} are taken by another program")
    assert str(layout.ports) in found.to_do
    assert look(tmp_path, "ports").found == f"hub {port} are free"


def test_a_wrong_platform_file_is_shown_with_its_place_and_exits_with_1(tmp_path):
    layouts.prepare(tmp_path).platform_file.write_text("kind: Platform\nnonsense: 1\n")
    result = CliRunner().invoke(root, ["doctor", "--dir", str(tmp_path), "-o", "json"])
    found = next(one for one in orjson.loads(result.stdout) if one["check"] == "platform.yaml")
    assert result.exit_code == 1
    assert found["result"] == "fail"
    assert "platform.yaml:" in found["found"]


def test_a_file_in_the_place_of_the_folder_is_a_failure(tmp_path):
    (tmp_path / "file").write_text("")
    assert look(tmp_path / "file" / "x", "folder").found == f"{tmp_path / 'file'} is not a folder"


def test_a_folder_that_may_not_be_written_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    found = look(tmp_path / "x", "folder")
    assert (found.result, found.found) == ("fail", f"{tmp_path} cannot be written")


@pytest.mark.parametrize(("free", "result"), [(2**20, "fail"), (100 * 2**20, "warn"), (2**40, "ok")])
def test_little_space_is_told_before_it_hurts(tmp_path, monkeypatch, free, result):
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(2**41, 0, free))
    assert look(tmp_path, "disk").result == result


def test_a_missing_git_and_an_old_python_are_failures_that_stop_no_other_check(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    found = look(tmp_path, "git")
    assert (found.result, found.found) == ("fail", "program 'git' is not installed")
    assert look(tmp_path, "ports").result == "ok"
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    assert look(tmp_path, "python").to_do == "use Python 3.11 or later"


def test_an_old_git_is_told_from_a_new_one(tmp_path, monkeypatch):
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\necho git version 2.20.1\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = look(tmp_path, "git")
    assert (found.result, found.found, found.to_do) == ("fail", "2.20.1", "install git 2.29 or later")
    git.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    assert look(tmp_path, "git").found == "git failed (broken)"


@pytest.mark.parametrize(
    ("version", "enough"),
    [("2.29.0", True), ("2.39.5 (Apple Git-154)", True), ("3.0", True), ("2.9.9", False), ("unknown", False)],
)
def test_versions_are_compared_as_numbers(version, enough):
    assert tools.is_enough(version, (2, 29)) is enough


def test_version_names_every_tool():
    found = orjson.loads(CliRunner().invoke(root, ["version", "-o", "json"]).stdout)
    assert found["dokaseca"] == dokaseca.__version__
    assert list(found) == ["dokaseca", "python", "kubectl", "kustomize", "helm"]
    assert all(value.lstrip("v")[0].isdigit() for value in found.values()), found
    lines = CliRunner().invoke(root, ["version"]).stdout.splitlines()
    assert lines[1].split() == ["dokaseca", dokaseca.__version__]
    assert CliRunner().invoke(root, ["--version"]).stdout == f"dokaseca {dokaseca.__version__}\n"
