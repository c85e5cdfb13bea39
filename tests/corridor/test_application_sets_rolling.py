"""RollingSync from a commit to the clusters: who changes when, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.corridor import objects
from tests.corridor.repository import Repository
from tests.corridor.world import World

from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind

SETS = GroupVersionKind("argoproj.io", "v1alpha1", "ApplicationSet")
STAGES = ("dev", "qa", "prod")
BROKEN = "nginx:broken"


def stages(**more: Any) -> list[dict[str, Any]]:
    """A step for each stage; keywords are further fields of all steps."""
    return [{"matchExpressions": [{"key": "stage", "operator": "In", "values": [stage]}], **more} for stage in STAGES]


def rolling_set(url: str, names: dict[str, str], **strategy: Any) -> dict[str, Any]:
    """An ApplicationSet with an Application for each name, labelled with its stage."""
    rolling = {"type": "RollingSync", "rollingSync": {"steps": stages()}, **strategy}
    elements = [{"name": name, "stage": stage} for name, stage in names.items()]
    template = objects.application("{{name}}", url, path="{{name}}", syncPolicy=objects.AUTOMATED)
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "shop", "namespace": "argocd"},
        "spec": {
            "strategy": rolling,
            "generators": [{"list": {"elements": elements}}],
            "template": {"metadata": {"name": "{{name}}", "labels": {"stage": "{{stage}}"}}, "spec": template["spec"]},
        },
    }


NAMES = {stage: stage for stage in STAGES}


async def rolled_out(world: World, names: dict[str, str] = NAMES, **strategy: Any) -> Repository:
    """The ApplicationSet with everything Synced and Healthy at image nginx:1."""
    await world.hub.follow(SETS)
    repository = world.repository(files={f"{name}/web.yaml": objects.deployment(f"web-{name}") for name in names})
    await world.hub.client.create(rolling_set(repository.url, names, **strategy))
    await complete(world, list(names))
    return repository


async def complete(world: World, names: list[str]) -> None:
    await world.until(lambda: statuses(world) == dict.fromkeys(names, "Healthy"), "the rollout", within_seconds=600)
    await world.idle()


def shop(world: World) -> dict[str, Any]:
    return world.hub.find(SETS, "shop", "argocd") or {}


def statuses(world: World) -> dict[str, str]:
    entries = manifests.get(shop(world), "status", "applicationStatus", default=[])
    return {one["application"]: one["status"] for one in entries}


def condition(world: World, kind: str) -> dict[str, str]:
    listed = manifests.get(shop(world), "status", "conditions", default=[])
    return next((one for one in listed if one["type"] == kind), {})


def image(world: World, name: str) -> str:
    live = world.hub.find(objects.DEPLOYMENT, f"web-{name}")
    return str(manifests.get(live, "spec", "template", "spec", "containers", 0, "image", default=""))


def ship(repository: Repository, tag: str, names: Any = STAGES) -> None:
    """One commit that changes all stages."""
    repository.commit({f"{name}/web.yaml": objects.deployment(f"web-{name}", tag) for name in names})


def in_order(world: World, since: int) -> bool:
    """Whether each stage began to change only after the stage before it was healthy again."""
    events = world.hub.events[since:]
    begun = [events.index(("changed", "Deployment", f"web-{stage}")) for stage in STAGES]
    well = [
        events.index(("healthy", "Deployment", f"web-{stage}"), start)
        for stage, start in zip(STAGES, begun, strict=True)
    ]
    return all(before < after for before, after in zip(well, begun[1:], strict=False))


async def test_stages_come_up_one_after_the_other(world: World) -> None:
    await rolled_out(world)
    order = [world.hub.first("added", "Deployment", f"web-{stage}") for stage in STAGES]
    ready = [world.hub.first("healthy", "Deployment", f"web-{stage}") for stage in STAGES]
    assert order == sorted(order)
    assert ready[0] < order[1]
    assert ready[1] < order[2]
    assert condition(world, "RolloutProgressing")["reason"] == "ApplicationSetRolloutComplete"
    assert condition(world, "InvalidRolloutConfig")["status"] == "False"
    assert world.app("dev")["spec"]["syncPolicy"]["automated"]["enabled"] is False


async def test_a_commit_rolls_from_stage_to_stage(world: World) -> None:
    repository = await rolled_out(world)
    since = len(world.hub.events)
    ship(repository, "nginx:2")
    await world.until(lambda: image(world, "prod") == "nginx:2", "prod at 2", within_seconds=600)
    await complete(world, list(STAGES))
    assert in_order(world, since)
    operation = manifests.get(world.app("prod"), "status", "operationState", "operation", default={})
    assert operation["initiatedBy"]["username"] == "applicationset-controller"
    assert operation["sync"]["revision"] == repository.head()
    assert "operation" not in world.app("prod")


async def test_a_stage_that_does_not_get_well_stops_the_rollout_there(world: World) -> None:
    repository = await rolled_out(world)
    ship(repository, BROKEN)
    await world.until(lambda: statuses(world)["dev"] == "Progressing", "dev under way", within_seconds=600)
    await asyncio.sleep(1800)
    assert statuses(world) == {"dev": "Progressing", "qa": "Waiting", "prod": "Waiting"}
    assert [image(world, stage) for stage in STAGES] == [BROKEN, "nginx:1", "nginx:1"]
    assert condition(world, "RolloutProgressing")["message"] == "ApplicationSet is performing rollout of step 1"
    assert shop(world)["status"]["health"]["status"] == "Progressing"
    ship(repository, "nginx:3")
    await world.until(lambda: image(world, "prod") == "nginx:3", "the cure everywhere", within_seconds=600)
    await complete(world, list(STAGES))


async def test_a_commit_in_the_middle_of_a_rollout_begins_at_the_first_stage(world: World) -> None:
    repository = await rolled_out(world)
    since = len(world.hub.events)
    ship(repository, "nginx:2")
    await world.until(lambda: image(world, "qa") == "nginx:2", "qa at 2", within_seconds=600)
    ship(repository, "nginx:3")
    await world.until(lambda: image(world, "prod") == "nginx:3", "prod at 3", within_seconds=600)
    await complete(world, list(STAGES))
    changed = [(name, what) for what, kind, name in world.hub.events[since:] if kind == "Deployment"]
    healthy = [name for name, what in changed if what == "healthy"]
    assert healthy[-1] == "web-prod", "the last to get well at 3"
    assert [image(world, stage) for stage in STAGES] == ["nginx:3"] * 3


async def test_a_change_of_the_template_rolls_too(world: World) -> None:
    repository = await rolled_out(world)
    repository.commit({f"v2/{stage}/web.yaml": objects.deployment(f"web-{stage}", "nginx:2") for stage in STAGES})
    await world.idle()
    since = len(world.hub.events)
    await world.hub.client.patch(
        SETS, "argocd", "shop", {"spec": {"template": {"spec": {"source": {"path": "v2/{{name}}"}}}}}
    )
    await world.until(lambda: image(world, "prod") == "nginx:2", "prod at 2", within_seconds=600)
    await complete(world, list(STAGES))
    assert in_order(world, since)


@pytest.mark.parametrize(("max_update", "most"), [(1, 1), ("50%", 2), (None, 4)])
async def test_no_more_than_max_update_of_a_stage_change_at_once(world: World, max_update: Any, most: int) -> None:
    names = {f"dev{number}": "dev" for number in range(4)}
    repository = await rolled_out(world, names, rollingSync={"steps": stages(maxUpdate=max_update)[:1]})
    seen: list[int] = []

    def all_through() -> bool:
        seen.append(sum(one in ("Pending", "Progressing") for one in statuses(world).values()))
        return all(image(world, name) == "nginx:2" for name in names)

    ship(repository, "nginx:2", names)
    await world.until(all_through, "all at 2", within_seconds=600)
    await complete(world, list(names))
    assert max(seen) == most


async def test_max_update_zero_holds_a_stage_until_somebody_lets_it_go(world: World) -> None:
    steps = stages()
    steps[1]["maxUpdate"] = 0
    await world.hub.follow(SETS)
    repository = world.repository(files={f"{name}/web.yaml": objects.deployment(f"web-{name}") for name in STAGES})
    await world.hub.client.create(rolling_set(repository.url, NAMES, rollingSync={"steps": steps}))
    await world.until(lambda: statuses(world).get("dev") == "Healthy", "dev", within_seconds=600)
    await asyncio.sleep(600)
    assert statuses(world) == {"dev": "Healthy", "qa": "Waiting", "prod": "Waiting"}
    await world.request("qa")  # by hand
    await complete(world, list(STAGES))


async def test_a_restart_in_the_middle_goes_on_where_it_was(world: World) -> None:
    repository = await rolled_out(world)
    ship(repository, "nginx:2")
    since = len(world.hub.events)
    await world.until(lambda: statuses(world)["dev"] == "Pending", "dev's turn", within_seconds=600)
    await world.stop_engine()
    await world.start_engine()
    await world.until(lambda: statuses(world)["qa"] == "Progressing", "qa under way", within_seconds=600)
    await world.stop_engine()
    await world.start_engine()
    await world.until(lambda: image(world, "prod") == "nginx:2", "prod at 2", within_seconds=600)
    await complete(world, list(STAGES))
    assert in_order(world, since)


async def test_without_its_strategy_everything_is_automated_again(world: World) -> None:
    repository = await rolled_out(world)
    await world.hub.client.patch(SETS, "argocd", "shop", {"spec": {"strategy": None}})
    await world.until(lambda: not statuses(world), "no rollout")
    assert condition(world, "RolloutProgressing") == {}
    ship(repository, "nginx:2")
    for stage in STAGES:
        await world.until(lambda stage=stage: image(world, stage) == "nginx:2", stage)
        await world.settled(stage)


async def test_a_rollout_without_steps_is_an_error_and_changes_nothing(world: World) -> None:
    repository = await rolled_out(world)
    await world.hub.client.patch(SETS, "argocd", "shop", {"spec": {"strategy": {"rollingSync": {"steps": []}}}})
    await world.until(lambda: condition(world, "ErrorOccurred").get("status") == "True", "the error")
    assert condition(world, "ErrorOccurred")["message"] == "No steps defined for rollout"
    assert condition(world, "ErrorOccurred")["reason"] == "ApplicationSetRolloutError"
    assert condition(world, "ParametersGenerated")["status"] == "True"
    ship(repository, "nginx:2")
    await asyncio.sleep(600)
    assert [image(world, stage) for stage in STAGES] == ["nginx:1"] * 3


async def test_in_reverse_the_last_stage_goes_first_and_one_at_a_time(world: World) -> None:
    await rolled_out(world, deletionOrder="Reverse")
    await world.hub.client.delete(SETS, "argocd", "shop")
    await world.until(lambda: not shop(world), "the set gone", within_seconds=600)
    gone = [world.hub.first("gone", "Application", stage) for stage in reversed(STAGES)]
    assert gone == sorted(gone)
    last_seen = [world.hub.first("gone", "Deployment", f"web-{stage}") for stage in reversed(STAGES)]
    assert last_seen == sorted(last_seen)
    assert gone[0] < last_seen[1], "prod is gone before qa begins to go"


async def test_a_stage_that_cannot_go_holds_the_others_and_says_so(world: World) -> None:
    await rolled_out(world, deletionOrder="Reverse")
    held = {"metadata": {"finalizers": ["example.com/hold"]}}
    await world.hub.client.patch(objects.DEPLOYMENT, "team", "web-prod", held)
    await world.hub.client.delete(SETS, "argocd", "shop")
    await world.until(lambda: condition(world, "ErrorOccurred").get("status") == "True", "told", within_seconds=600)
    told = "application prod has not been deleted in over 2 minutes; see its status"
    assert condition(world, "ErrorOccurred")["message"] == told
    assert world.hub.names(objects.APPLICATION, "argocd") == ["dev", "prod", "qa"]
    await world.hub.client.patch(objects.DEPLOYMENT, "team", "web-prod", {"metadata": {"finalizers": None}})
    await world.until(lambda: not shop(world), "the set gone", within_seconds=600)
