"""How fast sources become objects: Helm, Kustomize (by the program, and from the cache), YAML."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from support import figures

from dokaseca.adapters import chart_folder, git_seed
from dokaseca.adapters.charts import HttpCharts
from dokaseca.adapters.git import GitMirrors
from dokaseca.adapters.helm import HelmWorkers
from dokaseca.adapters.jsonnet import JsonnetLibrary
from dokaseca.adapters.kustomize import KustomizeProgram
from dokaseca.adapters.object_store import DiskStore
from dokaseca.bridge import examples
from dokaseca.flow.render import run
from dokaseca.flow.render.request import RenderRequest, ResolvedSource, Tools
from dokaseca.kit import yaml_in, yaml_out
from dokaseca.ports.renderer import HelmRequest

SECONDS = 5.0  # for each figure: long enough that a hiccup does not decide


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dokaseca-bench-") as folder:
        figures.tell("render", asyncio.run(measured(Path(folder))))


async def measured(folder: Path) -> dict[str, float | int | str]:
    helm = HelmWorkers()
    charts = HttpCharts(DiskStore(folder / "cache"))
    tools = Tools(helm, KustomizeProgram(), JsonnetLibrary(), charts, DiskStore(folder / "cache"))
    try:
        figures.say("helm")
        stream, per_second = await helm_renders(helm, examples.files("charts"))
        figures.say("kustomize")
        overlays, cold, cached = await kustomize_builds(folder, tools)
    finally:
        await helm.close()
        await charts.close()
    figures.say("yaml")
    return {
        "helm_renders_per_second": per_second,
        "kustomize_overlays_count": overlays,
        "kustomize_cold_builds_per_second": cold,
        "kustomize_cached_builds_per_second": cached,
        **yaml_speed(stream),
    }


async def helm_renders(helm: HelmWorkers, files: Mapping[str, bytes]) -> tuple[str, float]:
    """All that the example charts render to, and renders per second of one after the other."""
    requests = []
    for chart in chart_folder.charts(files):
        content = {path.removeprefix(chart + "/"): text for path, text in files.items() if path.startswith(chart + "/")}
        archive = chart_folder.pack(chart, content)
        requests.append(HelmRequest(release_name="bench", namespace="bench", archive=archive))
    stream = "\n---\n".join([await helm.render(one) for one in requests])
    started, count = time.perf_counter(), 0
    for request in itertools.cycle(requests):
        await helm.render(request)
        count += 1
        if time.perf_counter() - started > SECONDS:
            break
    return stream, count / (time.perf_counter() - started)


async def kustomize_builds(folder: Path, tools: Tools) -> tuple[int, float, float]:
    """How many overlays the example workloads have; builds per second with an empty cache and with a full one."""
    git_seed.create_bare(folder / "workloads.git", examples.files("workloads"), message="Start")
    url, mirrors = (folder / "workloads.git").as_uri(), GitMirrors(folder / "mirrors")
    await mirrors.fetch(url)
    sha = await head(mirrors, url)
    tree = await mirrors.tree(url, sha)
    overlays = [
        path.rpartition("/")[0]
        for path in examples.files("workloads")
        if "/overlays/" in path and path.endswith("/kustomization.yaml")
    ]
    requests = [
        RenderRequest(
            app_name="bench",
            app_namespace="argocd",
            project="default",
            destination_namespace="bench",
            sources=(ResolvedSource({"repoURL": url, "path": path, "targetRevision": "main"}, sha, tree, None),),
            kube_version="v1.36.0",
            api_versions=("v1", "apps/v1"),
        )
        for path in overlays
    ]
    started = time.perf_counter()
    for request in requests:
        await run.render(request, tools)
    cold = len(requests) / (time.perf_counter() - started)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS:
        for request in requests:
            await run.render(request, tools)
        count += len(requests)
    return len(overlays), cold, count / (time.perf_counter() - started)


async def head(mirrors: GitMirrors, url: str) -> str:
    refs = mirrors.refs_or_none(url)
    assert refs is not None
    return refs.by_name[f"refs/heads/{git_seed.BRANCH}"]


def yaml_speed(stream: str) -> dict[str, float]:
    """Megabytes of manifests per second, read and written."""
    text = stream.encode()
    megabytes = len(text) / 1e6
    read, started, count = [], time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS:
        read = [one.value for one in yaml_in.load_all(text, subject="bench")]
        count += 1
    loaded = count * megabytes / (time.perf_counter() - started)
    written, started, count = "", time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS:
        written = yaml_out.dump_all(read)
        count += 1
    dumped = count * len(written) / 1e6 / (time.perf_counter() - started)
    return {
        "yaml_document_megabytes": megabytes,
        "yaml_read_megabytes_per_second": loaded,
        "yaml_write_megabytes_per_second": dumped,
    }


if __name__ == "__main__":
    main()
