"""How fast ApplicationSets become Applications: from nothing, after one change, and when nothing has changed.

"expand" is generation alone, in seconds of processor time; "reconcile" is the controller on an in-process dock, writes
included. The arguments, both optional: a folder of ApplicationSets, and a file of clusters to preview it with.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil
from support import figures, generation, sets
from support.generation import Hub, Repository

from dokaseca.generate import cluster_secret, expand
from dokaseca.generate.generators.context import Inputs
from dokaseca.generate.memory import Memory
from dokaseca.kit.clock import SystemClock
from dokaseca.model import application as applications
from dokaseca.model.manifest import Manifest

CLUSTERS, FILES, ADDONS = (
    100,
    20,
    int(os.environ.get("BENCH_ADDONS", "168")),
)  # 2,000 workloads of one ApplicationSet; 16,800 addons of 168
REPEATS = 3  # of what is short: the best tells what it costs, the others what else the machine does

Figures = dict[str, float | int | str]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dokaseca-bench-") as name:
        found = asyncio.run(measured(Path(name)))
    if len(sys.argv) > 2:
        found |= preview(*sys.argv[1:3])
    figures.tell("generate", found)


async def measured(folder: Path) -> Figures:
    figures.say("expansion")
    found = await expansions(folder / "expand")
    for name, value in found.items():
        figures.say(f"  {name}: {value:.4f}")
    figures.say(f"one ApplicationSet, {CLUSTERS * FILES} Applications")
    found |= await one_large(folder / "large")
    figures.say(f"{ADDONS} ApplicationSets on {CLUSTERS} clusters")
    return found | await fleet(folder / "fleet")


async def expansions(folder: Path) -> Figures:
    """The pure functions, nothing remembered."""
    repository = Repository(folder)
    await repository.commit(sets.files(FILES))
    clusters = [cluster_secret.from_secret(sets.secret(number)) for number in range(CLUSTERS)]
    inputs = Inputs(clusters, repository.tree, SystemClock())
    large, addons = sets.workloads(repository.url), [sets.addon(number) for number in range(ADDONS)]
    await expand.expand(large, inputs)  # templates are compiled
    before = rss_megabytes()
    kept = await expand.expand(large, inputs)
    megabytes = rss_megabytes() - before
    seconds = [await timed_expand([large], inputs) for _ in range(REPEATS)]
    fleet_seconds = [await timed_expand(addons, inputs) for _ in range(REPEATS)]
    count = len(kept.applications)
    return {
        "expand_applications_count": count,
        "expand_2000_seconds": min(seconds),
        "expand_templates_per_second": count / min(seconds),
        "expand_megabytes_per_1000_applications": megabytes * 1_000 / count,
        "expand_fleet_seconds": min(fleet_seconds),
        **await remembering(addons, inputs),
    }


async def timed_expand(listed: list[Manifest], inputs: Inputs, memories: dict[str, Memory] | None = None) -> float:
    started = time.process_time()
    for one in listed:
        await expand.expand(one, inputs, memories[one["metadata"]["name"]] if memories is not None else None)
    return time.process_time() - started


async def remembering(addons: list[Manifest], inputs: Inputs) -> Figures:
    """All ApplicationSets again: after nothing has changed, and after a cluster was added."""
    memories = {one["metadata"]["name"]: Memory() for one in addons}
    await timed_expand(addons, inputs, memories)
    again = [await timed_expand(addons, inputs, memories) for _ in range(REPEATS)]
    added = []
    for number in range(REPEATS):
        newcomer = cluster_secret.from_secret(sets.secret(CLUSTERS + number))
        inputs = replace(inputs, clusters=[*inputs.clusters, newcomer])
        added.append(await timed_expand(addons, inputs, memories))
    return {"expand_fleet_again_seconds": min(again), "expand_fleet_one_cluster_added_seconds": min(added)}


async def one_large(folder: Path) -> Figures:
    repository = Repository(folder)
    await repository.commit(sets.files(FILES))
    hub = Hub(repository)
    await hub.start()
    try:
        await hub.create(sets.secret(number) for number in range(CLUSTERS))
        await hub.create([sets.workloads(repository.url)])
        found = await reconciled(hub, "large_first", work=True)
        found["large_applications_count"] = len(hub.applications.items)
        found |= await repeatedly(hub, "large_no_op")
        await repository.commit(sets.files(FILES, app_003="2.0.0"))
        found |= await reconciled(hub, "large_one_file_changed")
        await hub.create([sets.secret(CLUSTERS)])
        return found | await reconciled(hub, "large_one_cluster_added")
    finally:
        await hub.stop()


async def fleet(folder: Path) -> Figures:
    repository = Repository(folder)
    await repository.commit(sets.files(1))
    hub = Hub(repository)
    await hub.start()
    try:
        await hub.create(sets.secret(number) for number in range(CLUSTERS))
        await hub.create(sets.addon(number) for number in range(ADDONS))
        before = rss_megabytes()
        found = await reconciled(hub, "fleet_first", work=True)
        count = len(hub.applications.items)
        found |= {
            "fleet_applications_count": count,
            "fleet_megabytes_per_1000_applications": (rss_megabytes() - before) * 1_000 / count,
        }
        found |= await repeatedly(hub, "fleet_no_op")
        await hub.create([sets.secret(CLUSTERS)])
        found |= await reconciled(hub, "fleet_one_cluster_added", asks=False)
        await hub.client.patch(applications.GVK, sets.NAMESPACE, next(iter(hub.applications.items)).name, EDIT)
        return found | await reconciled(hub, "fleet_one_application_edited", asks=False)
    finally:
        await hub.stop()


EDIT = {"spec": {"destination": {"namespace": "elsewhere"}}}


async def reconciled(hub: Hub, name: str, *, work: bool = False, asks: bool = True) -> Figures:
    """What it takes until nothing is left to do, and how long the event loop was held at the most."""
    gc.collect()
    async with generation.beating() as beat:
        started, cpu = time.perf_counter(), time.process_time()
        if work:
            hub.work()
        if asks:
            hub.reconcile()
        seconds = await hub.rest() - started
        cpu = time.process_time() - cpu
    figures.say(f"  {name}: {seconds:.3f} s, {cpu:.3f} s of processor time, loop held for {beat.worst_seconds:.3f} s")
    return {
        f"{name}_seconds": seconds,
        f"{name}_cpu_seconds": cpu,
        f"{name}_loop_held_seconds": beat.worst_seconds,
    }


async def repeatedly(hub: Hub, name: str) -> Figures:
    runs = [await reconciled(hub, name) for _ in range(REPEATS)]
    return {key: min(run[key] for run in runs) for key in runs[0]}


def preview(folder: str, clusters: str) -> Figures:
    """`dokaseca appset preview` as a user runs it."""
    program = Path(sys.executable).with_name("dokaseca")
    figures.say(f"a preview of {folder}")
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        command = [program, "appset", "preview", folder, "--clusters", clusters, "-o", "name"]
        done = subprocess.run(command, capture_output=True, check=False)
        seconds.append(time.perf_counter() - started)
    return {"preview_applications_count": len(done.stdout.splitlines()), "preview_seconds": min(seconds)}


def rss_megabytes() -> float:
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    main()
