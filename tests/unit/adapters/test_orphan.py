"""Workers do not outlive a platform that is killed, not even while they are busy."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys

import psutil
from tests.fakes.virtual_time import until

from dokaseca.adapters import orphan
from dokaseca.adapters.helm import pack

PARENT = """
import os, subprocess, sys
child = subprocess.Popen(
    [sys.executable, *sys.argv[2:]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
)
child.stdin.write(bytes.fromhex(sys.argv[1]))
child.stdin.flush()
print(child.pid, flush=True)
if os.environ.get("CLOSE"):
    child.stdin.close()
sys.stdin.read()
"""
LOOP = "std.foldl(function(a, b) a + b, std.range(0, 100000000), 0)"
CHART = {
    "Chart.yaml": b"apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "templates/a.yaml": b"{{ range until 30000 }}{{ range until 30000 }}{{ end }}{{ end }}",
}
BUSY = """
from dokaseca.adapters import orphan
orphan.end_with_parent()
while True:
    pass
"""


async def parent(stdin: bytes, *argv: str, **env: str) -> tuple[asyncio.subprocess.Process, psutil.Process]:
    """A process that starts a worker as we do, and the worker."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PARENT,
        stdin.hex(),
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **env},
    )
    assert started.stdout is not None
    return started, psutil.Process(int(await started.stdout.readline()))


def is_gone(one: psutil.Process) -> bool:
    return not one.is_running() or one.status() == psutil.STATUS_ZOMBIE


async def kill(one: asyncio.subprocess.Process) -> None:
    one.send_signal(signal.SIGKILL)
    await one.wait()


async def test_a_jsonnet_program_that_loops_ends_with_the_platform() -> None:
    request = {"files": {"a": LOOP}, "path": "a", "library_paths": []}
    request |= {name: {} for name in ("ext_vars", "ext_code", "tla_vars", "tla_code")}
    platform, worker = await parent(json.dumps(request).encode(), "-m", "dokaseca.adapters.jsonnet_worker", CLOSE="1")
    await until(lambda: worker.cpu_times().user > 0.3)
    await kill(platform)
    await until(lambda: is_gone(worker), within_seconds=10)


async def test_a_chart_that_loops_ends_with_the_platform() -> None:
    request = {
        "archive": base64.b64encode(pack(CHART)).decode(),
        "release_name": "r",
        "namespace": "n",
        "values": {},
        "integers": [],
        "kube_version": "v1.36.0",
        "api_versions": [],
        "include_crds": True,
        "skip_schema_validation": False,
    }
    body = json.dumps(request).encode()
    platform, worker = await parent(len(body).to_bytes(4, "big") + body, "-m", "dokaseca.adapters.helm_worker")
    await until(lambda: worker.cpu_times().user > 1.0)
    await kill(platform)
    await until(lambda: is_gone(worker), within_seconds=10)


async def test_a_busy_child_that_reads_nothing_ends_with_the_platform() -> None:
    platform, worker = await parent(b"", "-c", BUSY)
    await until(lambda: worker.cpu_times().user > 0.3)
    await kill(platform)
    await until(lambda: is_gone(worker), within_seconds=10)


async def test_a_child_whose_parent_ended_before_it_could_ask_ends_itself() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BUSY, env={**os.environ, orphan.PARENT: "1999999999"}
    )
    async with asyncio.timeout(20):
        assert await child.wait() == 1
