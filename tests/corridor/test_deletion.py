"""The way out: with its finalizer an Application takes its objects along, without it they stay."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.corridor import objects
from tests.corridor.machine import Machine
from tests.corridor.world import World

FINALIZER = "resources-finalizer.argocd.argoproj.io"
APPROVED = "argocd.argoproj.io/deletion-approved"


async def deployed(world: World, files: dict[str, Any], *finalizers: str, **spec: Any) -> None:
    repository = world.repository(files=files)
    application = objects.application("web", repository.url, **{"syncPolicy": objects.AUTOMATED, **spec})
    application["metadata"]["finalizers"] = list(finalizers)
    await world.deploy(application)
    await world.settled()


async def delete(world: World) -> None:
    await world.hub.client.delete(objects.APPLICATION, "argocd", "web")


async def is_gone(world: World) -> None:
    await world.until(lambda: not world.app(), "the Application gone")


def waves() -> dict[str, Any]:
    return {
        "app/a.yaml": objects.config_map("first", sync_wave="-1"),
        "app/b.yaml": objects.deployment("second"),
        "app/c.yaml": objects.config_map("third", sync_wave="5"),
    }


async def test_objects_go_highest_wave_first_and_the_application_last(world: World) -> None:
    await deployed(world, waves(), FINALIZER)
    await delete(world)
    await is_gone(world)
    hub = world.hub
    order = [
        hub.first("gone", "ConfigMap", "third"),
        hub.first("gone", "Deployment", "second"),
        hub.first("gone", "ConfigMap", "first"),
        hub.first("gone", "Application", "web"),
    ]
    assert order == sorted(order)


async def test_foreground_waits_for_what_belongs_to_an_object(world: World) -> None:
    await deployed(world, {"app/web.yaml": objects.deployment("web")}, f"{FINALIZER}/foreground")
    await delete(world)
    await is_gone(world)
    pods = await world.hub.client.list(objects.POD, "team")
    assert pods.items == []
    assert world.hub.names(objects.DEPLOYMENT) == []


async def test_background_deletes_too(world: World) -> None:
    await deployed(world, waves(), f"{FINALIZER}/background")
    await delete(world)
    await is_gone(world)
    assert world.hub.names(objects.CONFIG_MAP) == world.hub.names(objects.DEPLOYMENT) == []


async def test_without_a_finalizer_everything_stays(world: World) -> None:
    await deployed(world, waves())
    await delete(world)
    await is_gone(world)
    await world.idle()
    assert world.hub.names(objects.CONFIG_MAP) == ["first", "third"]
    assert world.hub.names(objects.DEPLOYMENT) == ["second"]


async def test_what_is_marked_stays(world: World) -> None:
    kept = objects.config_map("kept", sync_options="Delete=false")
    policy = objects.config_map("policy")
    policy["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    crd = objects.widget_definition()
    files = {"app/a.yaml": [objects.config_map("a"), kept, policy, crd]}
    await deployed(world, files, FINALIZER)
    await delete(world)
    await is_gone(world)
    assert world.hub.names(objects.CONFIG_MAP) == ["kept", "policy"]
    assert world.hub.find(objects.CRD, "widgets.example.com", "") is not None


async def test_what_the_application_wants_kept_stays_but_for_an_objects_own_word(world: World) -> None:
    own = objects.config_map("own", sync_options="Delete=true")
    files = {"app/a.yaml": [objects.config_map("a"), own]}
    await deployed(world, files, FINALIZER, syncPolicy={**objects.AUTOMATED, "syncOptions": ["Delete=false"]})
    await delete(world)
    await is_gone(world)
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]


async def test_hooks_that_were_left_behind_go_too(world: World) -> None:
    files = {"app/a.yaml": objects.config_map("a"), "app/pre.yaml": objects.job("pre", hook="PreSync")}
    await deployed(world, files, FINALIZER)
    assert world.hub.names(objects.JOB) == ["pre"]
    await delete(world)
    await is_gone(world)
    assert world.hub.names(objects.JOB) == []


async def test_nothing_is_synced_or_healed_any_more(world: World) -> None:
    held = objects.config_map("held")
    held["metadata"]["finalizers"] = ["example.com/wait"]
    await deployed(world, {"app/held.yaml": held}, FINALIZER)
    await delete(world)
    await world.until(lambda: (world.hub.find(objects.CONFIG_MAP, "held") or {})["metadata"].get("deletionTimestamp"))
    await asyncio.sleep(300)
    assert world.app()
    await world.hub.client.patch(objects.CONFIG_MAP, "team", "held", {"metadata": {"finalizers": None}})
    await is_gone(world)
    assert world.hub.events.count(("added", "ConfigMap", "held")) == 1


async def test_a_deletion_that_must_be_confirmed_waits_for_the_confirmation(world: World) -> None:
    confirm = objects.config_map("b", sync_options="Delete=confirm")
    await deployed(world, {"app/a.yaml": objects.config_map("a"), "app/b.yaml": confirm}, FINALIZER)
    await delete(world)
    await world.until(lambda: world.condition("DeletionError"))
    told = "ConfigMap team/b wants its deletion confirmed: set annotation argocd.argoproj.io/deletion-approved"
    assert world.condition("DeletionError").startswith(told)
    await asyncio.sleep(60)
    assert world.hub.names(objects.CONFIG_MAP) == ["a", "b"]
    await world.hub.client.patch(
        objects.APPLICATION, "argocd", "web", {"metadata": {"annotations": {APPROVED: "2030-01-01T00:00:00Z"}}}
    )
    await is_gone(world)
    assert world.hub.names(objects.CONFIG_MAP) == []


async def on_spoke(world: World) -> Machine:
    spoke = await world.add_machine("spoke")
    await deployed(world, waves(), FINALIZER, destination={"name": "spoke", "namespace": "team"})
    return spoke


async def test_a_cluster_that_is_not_registered_any_more_does_not_hold_the_application(world: World) -> None:
    spoke = await on_spoke(world)
    await world.hub.client.delete(objects.SECRET, "argocd", "cluster-spoke")
    await world.until(lambda: world.condition("InvalidSpecError"))
    await delete(world)
    await is_gone(world)
    assert spoke.names(objects.DEPLOYMENT) == ["second"]


async def test_a_cluster_that_does_not_answer_holds_the_application_until_it_does(world: World) -> None:
    spoke = await on_spoke(world)
    spoke.switch.turn(off=True)
    await delete(world)
    await world.until(lambda: world.condition("DeletionError"))
    assert "cannot connect" in world.condition("DeletionError")
    await asyncio.sleep(60)
    assert world.app()
    spoke.switch.turn(off=False)
    await is_gone(world)
    assert spoke.names(objects.DEPLOYMENT) == spoke.names(objects.CONFIG_MAP) == []


async def test_a_restart_in_the_middle_of_a_deletion_loses_nothing(world: World) -> None:
    held = objects.config_map("held", sync_wave="9")
    held["metadata"]["finalizers"] = ["example.com/wait"]
    await deployed(world, {**waves(), "app/held.yaml": held}, FINALIZER)
    await delete(world)
    await world.until(lambda: (world.hub.find(objects.CONFIG_MAP, "held") or {})["metadata"].get("deletionTimestamp"))
    await world.stop_engine()
    await world.hub.client.patch(objects.CONFIG_MAP, "team", "held", {"metadata": {"finalizers": None}})
    await world.start_engine()
    await is_gone(world)
    assert world.hub.names(objects.CONFIG_MAP) == world.hub.names(objects.DEPLOYMENT) == []


async def test_an_application_of_applications_takes_its_children_along(world: World) -> None:
    child_repository = world.repository("child", {"app/a.yaml": objects.config_map("a")})
    child = objects.application("child", child_repository.url, syncPolicy=objects.AUTOMATED)
    child["metadata"]["finalizers"] = [FINALIZER]
    destination = {"server": "https://kubernetes.default.svc", "namespace": "argocd"}
    await deployed(world, {"app/child.yaml": child}, FINALIZER, destination=destination)
    await world.settled("child")
    assert world.health() == "Healthy"
    await delete(world)
    await is_gone(world)
    assert world.app("child") == {}
    assert world.hub.names(objects.CONFIG_MAP) == []


async def test_a_spec_that_became_wrong_does_not_hold_the_deletion_up(world: World) -> None:
    await deployed(world, waves(), FINALIZER)
    wrong = {
        "spec": {
            "source": {"path": "", "repoURL": ""},
            "syncPolicy": {"retry": {"limit": 1, "backoff": {"duration": "x"}}},
        }
    }
    await world.hub.client.patch(objects.APPLICATION, "argocd", "web", wrong)
    await world.until(lambda: world.condition("InvalidSpecError"))
    await delete(world)
    await is_gone(world)
    assert world.hub.names(objects.CONFIG_MAP) == []
