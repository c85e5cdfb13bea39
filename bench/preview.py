"""How long a preview takes: one file of a monorepo of 1,000 Applications, warm; 92 Applications that all change, cold.

The repository is generated: Kustomize, Helm and plain YAML, a third each, behind one ApplicationSet. Every run is a
process of its own, as in a pipeline.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from support import figures

LARGE, SMALL = 1000, 92
RUNS = 3
URL = "https://git.example/monorepo.git"

_SET = f"""apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: apps, namespace: argocd}}
spec:
  goTemplate: true
  generators:
    - git: {{repoURL: {URL}, revision: main, directories: [{{path: apps/*}}]}}
  template:
    metadata: {{name: '{{{{.path.basename}}}}'}}
    spec:
      project: default
      source: {{repoURL: {URL}, targetRevision: main, path: '{{{{.path.path}}}}'}}
      destination: {{name: in-cluster, namespace: '{{{{.path.basename}}}}'}}
      syncPolicy: {{automated: {{prune: true}}}}
"""
_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: 'web:IMAGE'}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dokaseca-bench-") as name:
        folder = Path(name)
        figures.tell("preview", {**large(folder / "large"), **small(folder / "small")})


def large(folder: Path) -> dict[str, float | int | str]:
    """One file changes; the cache holds what an earlier run rendered."""
    figures.say(f"{LARGE} Applications")
    write(folder, LARGE, "1")
    commit(folder, "base")
    write(folder, 1, "2")
    commit(folder, "head")
    cold, report = run(folder)
    expect(report, changed=1, rendered=2)
    seconds = []
    for _ in range(RUNS):
        warm, report = run(folder)
        seconds.append(warm)
    expect(report, changed=1, rendered=2)
    return {
        "monorepo_applications_count": LARGE,
        "one_file_cold_seconds": cold,
        **figures.spread("one_file_warm", seconds),
    }


def small(folder: Path) -> dict[str, float | int | str]:
    """Every Application changes, nothing is in the cache: each is rendered at base and at head."""
    figures.say(f"{SMALL} Applications")
    write(folder, SMALL, "1")
    commit(folder, "base")
    write(folder, SMALL, "2")
    commit(folder, "head")
    cold, report = run(folder)
    expect(report, changed=SMALL, rendered=2 * SMALL)
    warm, _ = run(folder)
    figures.say("one of them")
    write(folder, 1, "3")
    commit(folder, "one")
    one_of_them, report = run(folder, cache="other")
    expect(report, changed=1, rendered=2)
    return {
        "applications_count": SMALL,
        "all_change_cold_seconds": cold,
        "all_change_warm_seconds": warm,
        "one_changes_cold_seconds": one_of_them,
    }


def write(folder: Path, count: int, image: str) -> None:
    """The first Applications of the repository, at a version of their image."""
    put(folder / "appset.yaml", _SET)
    for number in range(count):
        app = folder / "apps" / f"app-{number:04}"
        manifest = _DEPLOYMENT.replace("IMAGE", image)
        if number % 3 == 0:
            put(app / "kustomization.yaml", "resources: [web.yaml]\ncommonAnnotations: {team: shop}\n")
            put(app / "web.yaml", manifest)
        elif number % 3 == 1:
            put(app / "Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
            put(app / "values.yaml", f"image: {image}\n")
            put(app / "templates" / "web.yaml", _DEPLOYMENT.replace("IMAGE", "{{ .Values.image }}"))
        else:
            put(app / "web.yaml", manifest)


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def commit(folder: Path, name: str) -> None:
    """All files as a commit of `main`, with a tag of that name."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
        git(folder, "remote", "add", "origin", URL)
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "-q", "-m", name)
    git(folder, "branch", "-f", f"at-{name}")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


def run(folder: Path, cache: str = "cache") -> tuple[float, dict[str, Any]]:
    """Seconds of one preview of the last commit, from the start of its process, and what it told."""
    first = "HEAD~1"
    command = [sys.executable, "-m", "dokaseca.cli.main", "preview", "--base", first, "--head", "main"]
    options = ["--cache", str(folder.parent / f"{folder.name}-{cache}"), "-o", "json", str(folder / "appset.yaml")]
    started = time.perf_counter()
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=dict(os.environ))
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"preview ended with {done.returncode}: {done.stderr}")
    return seconds, json.loads(done.stdout)


def expect(report: dict[str, Any], *, changed: int, rendered: int) -> None:
    """A figure of something else than what is said would be worse than none."""
    found = (report["summary"]["applications"]["changed"], report["summary"]["rendered"])
    if found != (changed, rendered):
        raise SystemExit(f"expected {changed} changed and {rendered} rendered, found {found}")


if __name__ == "__main__":
    main()
