"""What the embedded Kubernetes API costs and carries: memory, writes, lists and watches, over TLS on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterable
from pathlib import Path

import aiohttp
import psutil
from support import figures

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
APPLY = "application/apply-patch+yaml"
OBJECTS = 5_000
APPLIES = 4_000
CONCURRENCY = 32
LISTS = 50
STARTS = 3  # with new keys and an empty state, and as many with those from before
WATCHERS = 200
EVENTS = 40  # changes that every watcher is told

SERVER = """
import asyncio, json, sys
from pathlib import Path
from dokaseca.dock.dock import Dock

async def main():
    dock = Dock()
    cluster = await dock.start("bench", folder=Path(sys.argv[1]))
    print(json.dumps({"port": cluster.port}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await dock.close()

asyncio.run(main())
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dokaseca-bench-") as folder:
        figures.tell("dock", asyncio.run(measured(Path(folder))))


async def measured(folder: Path) -> dict[str, float | int | str]:
    figures.say(f"{STARTS} starts, cold and warm")
    cold = [await start(folder / f"start-{number}") for number in range(STARTS)]
    warm = [await start(folder / f"start-{number}") for number in range(STARTS)]
    found: dict[str, float | int | str] = {"start_cold_seconds": min(cold), "start_warm_seconds": min(warm)}
    cluster = folder / "cluster"
    async with server(cluster) as (process, port), client(cluster, port) as session:
        async with session.get("/readyz") as response:
            response.raise_for_status()
        found["empty_rss_megabytes"] = megabytes(process)
        figures.say(f"{OBJECTS} creates")
        seconds = await timed(create(session, number) for number in range(OBJECTS))
        found |= rates("create", seconds)
        found[f"with_{OBJECTS}_configmaps_rss_megabytes"] = megabytes(process)
        figures.say(f"{LISTS} lists of {OBJECTS}")
        found |= percentiles(f"list_of_{OBJECTS}", [await once(listing(session)) for _ in range(LISTS)])
        figures.say(f"{APPLIES} server-side applies that change something")
        before = sum(process.cpu_times()[:2])
        seconds = await timed(apply(session, number) for number in range(APPLIES))
        found |= rates("server_side_apply", seconds)
        found["apply_server_cpu_milliseconds"] = (sum(process.cpu_times()[:2]) - before) * 1_000 / APPLIES
        figures.say(f"{WATCHERS} watchers")
        found |= await fan_out(session)
        found["end_rss_megabytes"] = megabytes(process)
    return found


async def start(folder: Path) -> float:
    """Seconds from the process to the first answer; the best of several tells what a start costs."""
    started = time.perf_counter()
    async with server(folder) as (_, port), client(folder, port) as session, session.get("/readyz") as response:
        response.raise_for_status()
        return time.perf_counter() - started


@contextlib.asynccontextmanager
async def server(folder: Path) -> AsyncIterator[tuple[psutil.Process, int]]:
    """A dock in a process of its own, and its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(folder), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield psutil.Process(process.pid), json.loads(await process.stdout.readline())["port"]
    finally:
        process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def client(folder: Path, port: int) -> AsyncIterator[aiohttp.ClientSession]:
    trust = ssl.create_default_context(cafile=str(folder / "pki" / "ca.crt"))
    trust.load_cert_chain(folder / "pki" / "admin.crt", folder / "pki" / "admin.key")
    connector = aiohttp.TCPConnector(ssl=trust, limit=0)
    async with aiohttp.ClientSession(f"https://127.0.0.1:{port}", connector=connector) as session:
        yield session


async def timed(asks: Iterable[Awaitable[None]]) -> tuple[float, list[float]]:
    """Seconds for all of `asks` with CONCURRENCY at once, and for each."""
    each: list[float] = []
    waiting = iter(asks)

    async def work() -> None:
        each.extend([await once(ask) for ask in waiting])

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(work())
    return time.perf_counter() - started, each


async def once(ask: Awaitable[None]) -> float:
    started = time.perf_counter()
    await ask
    return time.perf_counter() - started


def rates(name: str, measured: tuple[float, list[float]]) -> dict[str, float]:
    whole, each = measured
    return {f"{name.replace('apply', 'applie')}s_per_second": len(each) / whole, **percentiles(name, each)}


def percentiles(name: str, seconds: Iterable[float]) -> dict[str, float]:
    each = sorted(seconds)
    return {f"{name}_p{part}_seconds": each[len(each) * part // 100] for part in (50, 99)}


async def create(session: aiohttp.ClientSession, number: int) -> None:
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"c{number}", "labels": {"app": "bench", "shard": str(number % 10)}},
        "data": {"key": "value" * 20, "number": str(number)},
    }
    async with session.post(CONFIG_MAPS, json=document) as response:
        response.raise_for_status()
        await response.read()


async def listing(session: aiohttp.ClientSession) -> None:
    async with session.get(CONFIG_MAPS) as response:
        response.raise_for_status()
        await response.read()


async def apply(session: aiohttp.ClientSession, number: int) -> None:
    """A Deployment of a chart's size; every round changes an image, as a push does."""
    name = f"d{number % 200}"
    containers = [
        {
            "name": container,
            "image": f"registry.example/{container}:1.{number // 200}",
            "env": [{"name": f"E{index}", "value": "v"} for index in range(8)],
            "ports": [{"containerPort": 8080, "name": "http"}],
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        }
        for container in ("app", "proxy")
    ]
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    document = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {**labels, "team": "a"}, "annotations": {"note": "bench"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }
    query, headers = {"fieldManager": "bench", "force": "true"}, {"Content-Type": APPLY}
    body = json.dumps(document).encode()
    async with session.patch(f"{DEPLOYMENTS}/{name}", params=query, headers=headers, data=body) as response:
        response.raise_for_status()
        await response.read()


async def fan_out(session: aiohttp.ClientSession) -> dict[str, float]:
    """How long after its write has begun every watcher knows of a change."""
    async with session.get(CONFIG_MAPS, params={"limit": "1"}) as response:
        revision = (await response.json())["metadata"]["resourceVersion"]
    told: list[float] = []
    written: dict[str, float] = {}
    ready, done = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def follow() -> None:
        query = {"watch": "true", "resourceVersion": revision, "fieldSelector": "metadata.name=c0"}
        async with session.get(CONFIG_MAPS, params=query) as response:
            ready.release()
            async for line in response.content:
                number = json.loads(line)["object"]["data"]["number"]
                told.append(time.perf_counter() - written[number])
                if number == f"w{EVENTS - 1}":
                    break
        done.release()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(WATCHERS):
            group.create_task(follow())
        for _ in range(WATCHERS):
            await ready.acquire()
        opened = time.perf_counter() - started
        started = time.perf_counter()
        for number in range(EVENTS):
            written[f"w{number}"] = time.perf_counter()
            headers = {"Content-Type": "application/merge-patch+json"}
            body = json.dumps({"data": {"number": f"w{number}"}}).encode()
            async with session.patch(f"{CONFIG_MAPS}/c0", headers=headers, data=body) as response:
                response.raise_for_status()
        for _ in range(WATCHERS):
            await done.acquire()
    whole = time.perf_counter() - started
    return {
        f"open_{WATCHERS}_watches_seconds": opened,
        "watch_events_per_second": len(told) / whole,
        **percentiles("watch_told", told),
    }


def megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1_000_000


if __name__ == "__main__":
    main()
