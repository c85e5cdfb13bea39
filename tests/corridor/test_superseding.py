"""A sync that waits for ever must not keep out the commit that cures it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.corridor import objects
from tests.corridor.repository import Repository
from tests.corridor.world import World

SICK = "nginx:never-ready"


def files(image: str = SICK, **more: Any) -> dict[str, Any]:
    """A Deployment in the first wave, and what comes after it."""
    late = objects.config_map("late", sync_wave="1")
    return {"app/web.yaml": objects.deployment("web", image), "app/late.yaml": late, **more}


async def waiting(world: World, what: dict[str, Any] | None = None, **spec: Any) -> Repository:
    """An automated sync that waits for the health of its first wave."""
    repository = world.repository(files=what or files())
    await world.deploy(objects.application("web", repository.url, **{"syncPolicy": objects.AUTOMATED, **spec}))
    await world.until(lambda: is_waiting(world))
    return repository


def is_waiting(world: World) -> bool:
    return str(world.operation().get("message")).startswith("waiting for healthy state of Deployment.apps team/web")


def records(world: World) -> list[dict[str, Any]]:
    lines = (world.folder / "audit.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


async def test_the_commit_that_cures_takes_the_place_of_the_sync_that_waits(world: World) -> None:
    repository = await waiting(world)
    first = repository.head()
    start = asyncio.get_running_loop().time()
    status = await world.settled("web", repository.commit(files("nginx:2")))
    assert asyncio.get_running_loop().time() - start < 30
    assert world.hub.names(objects.CONFIG_MAP) == ["late"]
    deployed = [one["revision"] for one in status["history"]]
    assert deployed == [repository.head()], "the sync that gave way deployed nothing"
    state = status["operationState"]
    taken = f"sync to [{first[:12]}], waiting for healthy state of Deployment.apps team/web"
    assert state["operation"]["info"] == [{"name": "Supersedes", "value": taken}]
    assert state["message"] == "successfully synced (all tasks run)"
    told = [(one["outcome"], one["revisions"]) for one in records(world) if one["verb"] == "sync"]
    assert told == [
        ("Running", [first]),
        ("Failed", [first]),
        ("Running", [repository.head()]),
        ("Succeeded", [repository.head()]),
    ]


async def test_a_commit_that_changes_nothing_of_the_application_does_not_disturb_it(world: World) -> None:
    """In a repository of many Applications most commits are about others: hooks would run again at each."""
    pre = {"app/pre.yaml": objects.job("pre", hook="PreSync")}
    repository = await waiting(world, files(**pre))
    first = repository.head()
    for number in range(3):
        repository.commit({"other/a.yaml": objects.config_map("other", str(number))})
        await world.refresh("web")
        await world.until(lambda: not world.app()["metadata"].get("annotations"))
    assert is_waiting(world)
    assert world.operation()["syncResult"]["revision"] == first
    assert world.hub.events.count(("added", "Job", "pre")) == 1


@pytest.mark.parametrize("path", ["app/web.yaml", "app/new.yaml"])
async def test_a_newer_commit_that_cannot_be_rendered_does_not_stop_the_sync(world: World, path: str) -> None:
    repository = await waiting(world, syncPolicy={"automated": {}})
    first = repository.head()
    repository.commit({path: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [\n"})
    await world.refresh("web")
    await world.until(lambda: not world.app()["metadata"].get("annotations"))
    assert is_waiting(world)
    await world.hub.client.patch(objects.DEPLOYMENT, "team", "web", image("nginx:1"))
    state = await world.ended("web", "Succeeded")
    assert state["syncResult"]["revision"] == first
    assert world.hub.names(objects.CONFIG_MAP) == ["late"]
    await world.until(lambda: world.condition("ComparisonError"))


async def test_a_newer_commit_that_the_project_forbids_does_not_stop_the_sync(world: World) -> None:
    repository = await waiting(world)
    first = repository.head()
    black = [{"group": "", "kind": "Secret"}]
    await world.hub.client.patch(objects.PROJECT, "argocd", "default", {"spec": {"namespaceResourceBlacklist": black}})
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    repository.commit({"app/s.yaml": secret})
    await world.refresh("web")
    await world.until(lambda: not world.app()["metadata"].get("annotations"))
    assert is_waiting(world)
    await world.hub.client.patch(objects.DEPLOYMENT, "team", "web", image("nginx:1"))
    state = await world.ended("web", "Succeeded")
    assert state["syncResult"]["revision"] == first


async def test_a_closed_window_lets_what_runs_go_on(world: World) -> None:
    deny = {"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["*"], "syncOverrun": True}
    repository = await waiting(world)
    first = repository.head()
    await asyncio.sleep(7200)
    late = {**deny, "schedule": "0 2 * * *"}  # it opened after the sync had begun
    await world.hub.client.patch(objects.PROJECT, "argocd", "default", {"spec": {"syncWindows": [late]}})
    repository.commit(files("nginx:2"))
    await world.refresh("web")
    await world.until(lambda: not world.app()["metadata"].get("annotations"))
    assert world.operation()["syncResult"]["revision"] == first


async def test_a_hook_that_runs_is_not_left_behind(world: World) -> None:
    slow = objects.job("slow", hook="PreSync")
    slow["spec"]["suspend"] = True
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/slow.yaml": slow})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: str(world.operation().get("message")).startswith("waiting for completion of hook"))
    first = repository.head()
    repository.commit({"app/a.yaml": objects.config_map("a", "2")})
    await world.refresh("web")
    await world.until(lambda: not world.app()["metadata"].get("annotations"))
    assert world.operation()["syncResult"]["revision"] == first
    assert world.hub.names(objects.JOB) == ["slow"]
    await world.hub.client.patch(objects.JOB, "team", "slow", {"spec": {"suspend": False}})
    history = await world.until(lambda: world.status().get("history"))
    assert [one["revision"] for one in history] == [first]
    await world.until(lambda: world.operation()["syncResult"]["revision"] == repository.head())


async def test_a_hook_that_has_ended_runs_again_for_the_newer_commit(world: World) -> None:
    """Kept until its sync has succeeded, it would stand there finished, and pass for the newer commit's."""
    pre = {"app/pre.yaml": objects.job("pre", hook="PreSync", hook_delete_policy="HookSucceeded")}
    repository = await waiting(world, files(**pre))
    assert world.hub.names(objects.JOB) == ["pre"]
    await world.settled("web", repository.commit(files("nginx:2")))
    assert world.hub.events.count(("added", "Job", "pre")) == 2
    await world.until(lambda: world.hub.names(objects.JOB) == [])


async def test_what_a_person_asked_for_is_not_superseded(world: World) -> None:
    repository = world.repository(files=files())
    await world.deploy(objects.application("web", repository.url))
    await world.until(lambda: world.sync() == "OutOfSync")
    await world.request("web")
    await world.until(lambda: is_waiting(world))
    first = repository.head()
    await world.edit("web", {"spec": {"syncPolicy": objects.AUTOMATED}})
    repository.commit(files("nginx:2"))
    await world.refresh("web")
    await world.until(lambda: not world.app()["metadata"].get("annotations"))
    assert world.operation()["syncResult"]["revision"] == first


async def test_a_process_that_dies_in_between_goes_on_with_the_newer_commit(world: World) -> None:
    repository = await waiting(world)
    await world.stop_engine()
    await world.start_engine()
    repository.commit(files("nginx:2"))
    await world.settled("web", repository.head())


def image(name: str) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": name}]}}}}
