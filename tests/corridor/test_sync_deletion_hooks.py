"""PreDelete and PostDelete hooks: before the objects go, and after they have gone."""

from __future__ import annotations

from typing import Any

from tests.corridor import objects
from tests.corridor.world import World

FINALIZER = "resources-finalizer.argocd.argoproj.io"


async def deployed(world: World, **files: Any) -> None:
    repository = world.repository(files={f"app/{name}.yaml": one for name, one in files.items()})
    application = objects.application("web", repository.url, syncPolicy=objects.AUTOMATED)
    application["metadata"]["finalizers"] = [FINALIZER]
    await world.deploy(application)
    await world.settled()
    await world.idle()


async def delete(world: World) -> None:
    await world.hub.client.delete(objects.APPLICATION, "argocd", "web")


async def test_hooks_frame_the_deletion(world: World) -> None:
    pre, post = objects.job("pre", hook="PreDelete"), objects.job("post", hook="PostDelete")
    await deployed(world, pre=pre, a=objects.config_map("a"), post=post)
    assert world.hub.names(objects.JOB) == []
    assert len(world.app()["metadata"]["finalizers"]) == 3
    await delete(world)
    await world.until(lambda: world.app() == {})
    hub = world.hub
    assert hub.first("healthy", "Job", "pre") < hub.first("gone", "ConfigMap", "a") < hub.first("added", "Job", "post")
    assert ("healthy", "Job", "post") in hub.events
    assert hub.names(objects.JOB) == ["post"]  # its policy is BeforeHookCreation: nobody creates it again


async def test_a_hook_that_succeeded_goes_when_its_policy_says_so(world: World) -> None:
    post = objects.job("post", hook="PostDelete", hook_delete_policy="HookSucceeded")
    await deployed(world, a=objects.config_map("a"), post=post)
    await delete(world)
    await world.until(lambda: world.app() == {} and world.hub.names(objects.JOB) == [])
    assert ("healthy", "Job", "post") in world.hub.events


async def test_a_hook_that_fails_holds_the_deletion_and_says_why(world: World) -> None:
    await deployed(world, a=objects.config_map("a"), pre=objects.job("pre", fails=True, hook="PreDelete"))
    await delete(world)
    await world.until(lambda: "hook Job.batch team/pre failed" in world.condition("DeletionError"))
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]
    assert world.app() != {}


async def test_a_restart_between_the_stages_loses_nothing(world: World) -> None:
    pre, post = objects.job("pre", hook="PreDelete"), objects.job("post", hook="PostDelete")
    await deployed(world, pre=pre, a=objects.config_map("a"), post=post)
    await delete(world)
    await world.until(lambda: ("added", "Job", "pre") in world.hub.events)
    await world.stop_engine()
    await world.start_engine()
    await world.until(lambda: world.app() == {})
    assert world.hub.events.count(("added", "Job", "pre")) == 1
    assert ("healthy", "Job", "post") in world.hub.events
