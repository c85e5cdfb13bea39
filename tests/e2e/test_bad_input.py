"""The mistakes that people and machines make: each gets a sentence that says what to do, and changes nothing."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e import hubs
from tests.e2e.harness import Up, dokaseca

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

PLATFORM = """apiVersion: dokaseca.dev/v1alpha1
kind: Platform
metadata:
  name: small
spec:
  clusters: []
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("apiVersion: [\n", 2, "did not find expected node content"),
        (PLATFORM + "\tname: x\n", 7, "tab"),
        (PLATFORM + "  clusters: []\n", 7, "clusters"),
        (PLATFORM.replace("clusters", "custers"), 6, "did you mean 'clusters'"),
        ("", 1, "the file"),
    ],
    ids=["malformed", "tab", "duplicate", "unknown", "empty"],
)
def test_a_wrong_platform_file_is_refused_with_its_place(
    text: str, line: int, said: str, tmp_path: Path, home: Path
) -> None:
    given = tmp_path / "given.yaml"
    given.write_text(text)
    ended = dokaseca("up", "--once", "--dir", str(tmp_path / "p"), "-f", str(given), home=home)
    assert ended.code == 2, ended
    assert f"{given}:{line}:" in ended.err and said in ended.err, ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "p").exists()


def test_a_platform_file_that_is_not_there(tmp_path: Path, home: Path) -> None:
    ended = dokaseca("up", "--once", "--dir", str(tmp_path / "p"), "-f", str(tmp_path / "none.yaml"), home=home)
    assert ended.code == 2
    assert "none.yaml" in ended.err and "cannot be read: No such file" in ended.err


def test_a_folder_that_is_a_file(tmp_path: Path, home: Path) -> None:
    (tmp_path / "p").write_text("mine")
    ended = dokaseca("up", "--once", "--dir", str(tmp_path / "p"), home=home)
    assert ended.code == 2
    assert (tmp_path / "p").read_text() == "mine"


def test_a_folder_that_cannot_be_written(home: Path) -> None:
    ended = dokaseca("up", "--once", "--dir", "/proc/platform", home=home)
    assert ended.code == 2
    assert "/proc/platform cannot be written" in ended.err and "--dir" in ended.err


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path, home: Path) -> None:
    state = tmp_path / "p" / "state"
    state.mkdir(parents=True)
    (state / ".writable").symlink_to("/dev/full")
    ended = dokaseca("up", "--once", "--dir", str(tmp_path / "p"), home=home)
    assert ended.code == 3
    assert "no space left on the disk" in ended.err and "Traceback" not in ended.err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 6 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"this machine does not let us mount a small disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_disk_that_fills_up_while_running_ends_in_a_sentence(small_disk: Path, home: Path) -> None:
    ended = dokaseca("up", "--once", "--timeout", "15s", "--dir", str(small_disk / "p"), home=home)
    assert ended.code in (1, 3), ended
    assert "Traceback" not in ended.out + ended.err
    assert "space" in (ended.out + ended.err).lower() or "full" in (ended.out + ended.err).lower(), ended


def test_a_port_that_somebody_else_has_taken(tmp_path: Path, home: Path) -> None:
    given = tmp_path / "given.yaml"
    given.write_text(PLATFORM)
    folder = tmp_path / "p"
    first = Up(folder, "-f", str(given))
    first.until_line("controllers are working")
    assert first.stop() == 0
    ports = json.loads((folder / "state" / "ports.json").read_text())
    for name in ("hub", "web") if hubs.PROVIDER == "dock" else ("web",):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", ports[name]))
            taken.listen()
            ended = dokaseca("up", "--once", "--dir", str(folder), home=home)
        assert ended.code == 2, ended
        assert f"port {ports[name]}" in ended.err and "in use" in ended.err


def test_a_port_of_one_cluster_that_somebody_else_has_taken_stops_no_other(tmp_path: Path, home: Path) -> None:
    given = tmp_path / "given.yaml"
    given.write_text(PLATFORM.replace("clusters: []", "clusters: [{name: one, environment: dev}]"))
    folder = tmp_path / "p"
    first = Up(folder, "-f", str(given))
    first.converged()
    assert first.stop() == 0
    port = json.loads((folder / "state" / "ports.json").read_text())["one"]
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        ended = dokaseca("up", "--once", "--timeout", "3s", "--dir", str(folder), home=home)
    assert ended.code == 1, ended
    assert f"cluster one is Failed: 127.0.0.1:{port}: port {port} is in use" in ended.out, ended.out
    assert dokaseca("up", "--once", "--dir", str(folder), home=home).code == 0


def test_a_second_process_in_the_same_folder(tmp_path: Path, home: Path) -> None:
    given = tmp_path / "given.yaml"
    given.write_text(PLATFORM)
    first = Up(tmp_path / "p", "-f", str(given))
    first.until_line("controllers are working")
    ended = dokaseca("up", "--once", "--dir", str(tmp_path / "p"), home=home)
    assert ended.code == 3
    assert f"pid {first.process.pid}" in ended.err and "dokaseca down" in ended.err
    stopped = dokaseca("down", "--dir", str(tmp_path / "p"), home=home)
    assert stopped.code == 0 and "stopped" in stopped.out
    assert first.ended() == 0


def test_down_deletes_only_a_platform(tmp_path: Path, home: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    ended = dokaseca("down", "--delete", "--yes", "--dir", str(tmp_path / "precious"), home=home)
    assert ended.code == 2
    assert "nothing was deleted" in ended.err
    assert (tmp_path / "precious" / "file").read_text() == "mine"


def test_down_keeps_what_is_not_the_platforms(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "platform.yaml").write_text(PLATFORM)
    assert dokaseca("up", "--once", "--dir", str(folder), home=home).code == 0
    (folder / "thesis.txt").write_text("precious")
    ended = dokaseca("down", "--delete", "--yes", "--dir", str(folder), home=home)
    assert ended.code == 0 and "kept what is not its own: thesis.txt" in ended.out, ended
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    empty = dokaseca("down", "--delete", "--yes", "--dir", "", home=home)
    assert empty.code == 2 and "path is empty" in empty.err
