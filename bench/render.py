"""How fast sources become objects: Helm, Kustomize (by the program, and from the cache), YAML."""

from __future__ import annotations

import asyncio
import functools
import itertools
import tempfile
import time
from collections.abc import Callable, Mapping
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
    """Megabytes per second, read and written: of many small manifests, and of one large CRD."""
    texts = {"small": stream, "crd": yaml_out.dump(crd())}
    figures: dict[str, float] = {}
    for name, text in texts.items():
        values = [one.value for one in yaml_in.load_all(text, subject="bench")]
        written = yaml_out.dump_all(values)
        figures[f"yaml_{name}_megabytes"] = len(text) / 1e6
        figures[f"yaml_{name}_read_megabytes_per_second"] = speed(
            len(text), functools.partial(yaml_in.load_all, text, subject="bench")
        )
        figures[f"yaml_{name}_write_megabytes_per_second"] = speed(
            len(written), functools.partial(yaml_out.dump_all, values)
        )
    return figures


def speed(size_bytes: int, work: Callable[[], object]) -> float:
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS:
        work()
        count += 1
    return count * size_bytes / 1e6 / (time.perf_counter() - started)


def crd() -> dict[str, object]:
    """One as generators write them: mostly descriptions, deeply nested."""
    schema = {"openAPIV3Schema": properties(5)}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {"group": "example.com", "versions": [{"name": "v1", "schema": schema, "served": True}]},
    }


def properties(depth: int) -> dict[str, object]:
    leaf = {"type": "string", "enum": ["A", "B"], "description": "Says which: A or B.\nMore about it elsewhere."}
    inner = {f"object{number}": properties(depth - 1) for number in range(3)} if depth else {}
    return {"type": "object", "description": f"What level {depth} is made of.", "properties": {"kind": leaf, **inner}}


if __name__ == "__main__":
    main()
