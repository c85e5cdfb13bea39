"""Every case of tests/cases/sync against the dock: what is written, in which order, and what comes of it.

A file holds cases; each is a mapping:

    why         what the case shows, in a sentence
    objects     what Git holds: lines `kind/name[@wave] [key=value ...]`; keys are annotations without their prefix,
                `fails` and `slow` make a Job or Deployment do so, `in` is its namespace
    then        what Git holds afterwards (a second commit), where the case is about a change
    live        what is in the cluster before, lines alike; nobody tracks it
    app         fields of the Application's spec
    sync        the request (`operation.sync`) after the last commit; without it the sync policy is on, with prune
    delete      the Application is deleted at the end
    writes      verbs and objects that the last step wrote, in order, a line per wave or kind; lines of one step that
                run at the same time are sorted and joined by ` + `
    phase       how the operation ended, and `message` what its message holds
    results     `name: code` of the operation's results
    left        the names that are there at the end
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.corridor import objects
from tests.corridor.world import World

CASES = Path(__file__).parents[1] / "cases" / "sync"
KINDS = {
    "Namespace": "v1",
    "ServiceAccount": "v1",
    "Secret": "v1",
    "ConfigMap": "v1",
    "Service": "v1",
    "Deployment": "apps/v1",
    "Job": "batch/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "StorageClass": "storage.k8s.io/v1",
}
CLUSTER_SCOPED = ("Namespace", "ClusterRole", "StorageClass")
PREFIXED = ("sync-options", "hook", "hook-delete-policy", "compare-options")
FOLLOWED = ("Job", "Deployment", "ConfigMap", "Namespace")


def cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text()):
            yield pytest.param(case, id=f"{path.stem}: {case['why']}")


def built(line: str) -> dict[str, Any]:
    """The object that a line stands for."""
    head, *words = line.split()
    kind, _, rest = head.partition("/")
    name, _, wave = rest.partition("@")
    said = dict(word.partition("=")[::2] for word in words)
    annotations = {f"argocd.argoproj.io/{key}": said[key] for key in PREFIXED if key in said}
    annotations |= {key: value for key, value in said.items() if key.startswith("helm.sh/")}
    if wave:
        annotations["argocd.argoproj.io/sync-wave"] = wave
    made = _body(kind, name, said)
    if name.endswith("-"):
        made["metadata"] = {"generateName": name}
    made["metadata"] |= {"annotations": annotations} if annotations else {}
    made["metadata"] |= {"namespace": said["in"]} if "in" in said else {}
    return made


def _body(kind: str, name: str, said: dict[str, str]) -> dict[str, Any]:
    if kind == "Deployment":
        made = objects.deployment(name, said.get("value", "nginx:1"))
        if "fails" in said:
            made["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:broken"
            made["spec"]["progressDeadlineSeconds"] = 20
        if "refused" in said:
            made["spec"]["selector"] = {"matchLabels": {"app": "other"}}
        return made
    if kind == "Job":
        return objects.job(name, fails="fails" in said)
    body: dict[str, Any] = {"apiVersion": KINDS[kind], "kind": kind, "metadata": {"name": name}}
    if kind == "ConfigMap":
        body["data"] = {"key": int(said["refused"]) if "refused" in said else said.get("value", "1")}
    elif kind == "Service":
        body["spec"] = {"ports": [{"port": 80}], "selector": {"app": name}}
    elif kind in ("Role", "ClusterRole"):
        body["rules"] = []
    elif kind == "NetworkPolicy":
        body["spec"] = {"podSelector": {}}
    elif kind == "StorageClass":
        body["provisioner"] = "example.com/none"
    return body


def files(lines: list[str]) -> dict[str, Any]:
    return {f"app/{number:02}.yaml": built(line) for number, line in enumerate(lines)}


@pytest.mark.parametrize("case", list(cases()))
async def test_case(world: World, case: dict[str, Any]) -> None:
    for line in case.get("live", ()):
        made = built(line)
        if made["kind"] not in CLUSTER_SCOPED:
            made["metadata"].setdefault("namespace", "team")
        await world.hub.client.create(made)
    repository = world.repository(files={"app/none.txt": "", **files(case["objects"])})
    before, asked = "then" in case or "delete" in case, case.get("sync")
    spec = {"syncPolicy": {"automated": {"prune": True, "allowEmpty": True}, "retry": {"limit": 0}}}
    own = dict(case.get("app", {}))
    spec["syncPolicy"] |= own.pop("syncPolicy", {})
    if asked is not None and not before:
        spec["syncPolicy"].pop("automated")
    application = objects.application("web", repository.url, **{**spec, **own})
    if "delete" in case:
        application["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
    await world.deploy(application)
    if before:
        await world.ended("web", "Succeeded")
        await world.settled()
        await world.idle()
    await _last_step(world, repository, case)
    await _check(world, case)


async def _last_step(world: World, repository: Any, case: dict[str, Any]) -> None:
    asked = case.get("sync")
    if "then" in case:
        if asked is not None:
            await world.edit("web", {"spec": {"syncPolicy": {"automated": None}}})
        world.hub.engine_client.writes.clear()
        gone = tuple(files(case["objects"]))
        repository.commit(remove=gone)
        revision = repository.commit(files(case["then"]))
        if asked is None:
            await world.until(lambda: world.operation().get("syncResult", {}).get("revision") == revision)
        else:
            await world.refresh("web")
            await world.until(lambda: world.status().get("sync", {}).get("revision") == revision)
    if "delete" in case:
        world.hub.engine_client.writes.clear()
        await world.hub.client.delete(objects.APPLICATION, "argocd", "web")
        await world.until(lambda: world.app() == {})
        return
    if asked is not None:
        await world.until(lambda: world.sync() != "")
        await world.request("web", **asked)
    if case.get("phase") != "None":
        await world.ended("web")
    await world.idle()


async def _check(world: World, case: dict[str, Any]) -> None:
    state = world.operation()
    results = state.get("syncResult", {}).get("resources", ())
    found = {
        "writes": written(world),
        "phase": state.get("phase", "None"),
        "results": {one["name"]: one.get("status") or one.get("hookPhase") for one in results},
    }
    assert {name: found[name] for name in found if name in case} == {name: case[name] for name in found if name in case}
    assert case.get("message", "") in state.get("message", "")
    if "left" in case:
        assert sorted(await _left(world)) == sorted(case["left"])


def written(world: World) -> list[str]:
    """What the engine wrote beside its statuses, neighbours of one kind and verb together."""
    lines: list[tuple[str, str, list[str]]] = []
    for verb, key in world.hub.engine_client.writes:
        if key.kind in ("Application", "Secret") and key.namespace == "argocd":
            continue
        if lines and lines[-1][:2] == (verb, key.kind):
            lines[-1][2].append(key.name)
        else:
            lines.append((verb, key.kind, [key.name]))
    return [f"{verb} {kind} {' '.join(sorted(names))}" for verb, kind, names in lines]


async def _left(world: World) -> list[str]:
    kinds = (objects.CONFIG_MAP, objects.DEPLOYMENT, objects.JOB)
    return [f"{gvk.kind}/{name}" for gvk in kinds for name in world.hub.names(gvk)]


def test_there_are_as_many_cases_as_promised() -> None:
    listed = [one.values[0] for one in cases()]
    assert len(listed) >= 150
    checks = ("writes", "phase", "results", "left", "message")
    assert all(any(name in case for name in checks) for case in listed)  # type: ignore[operator]
