"""What people ask for: a sync of this revision or of those objects, a rollback, its end, a fresh look."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.corridor import objects
from tests.corridor.repository import Repository
from tests.corridor.world import World


async def shown(world: World, files: dict[str, Any] | None = None, **spec: Any) -> Repository:
    """An Application that is synced only when somebody asks for it."""
    two = {"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")}
    repository = world.repository(files=files or two)
    await world.deploy(objects.application("web", repository.url, **spec))
    await world.until(lambda: world.sync() == "OutOfSync")
    await world.idle()
    return repository


def data(world: World, name: str) -> dict[str, str]:
    return dict((world.hub.find(objects.CONFIG_MAP, name) or {}).get("data") or {})


async def test_a_requested_sync_deploys_and_is_remembered(world: World) -> None:
    repository = await shown(world)
    await world.request("web")
    state = await world.ended("web", "Succeeded")
    assert state["operation"] == {"initiatedBy": {"username": "jo"}, "sync": {}}
    assert state["syncResult"]["revision"] == repository.head()
    assert "operation" not in world.app()
    status = await world.settled()
    assert [one["initiatedBy"] for one in status["history"]] == [{"username": "jo"}]


async def test_a_revision_that_was_asked_for_is_deployed_and_then_compared_with_the_target(world: World) -> None:
    repository = await shown(world)
    first = repository.head()
    second = repository.commit({"app/a.yaml": objects.config_map("a", "2")})
    await world.until(lambda: world.status()["sync"]["revision"] == second)
    await world.request("web", revision=first)
    state = await world.ended("web", "Succeeded")
    assert state["syncResult"]["revision"] == first
    await world.until(lambda: world.status()["sync"]["revision"] == second and world.sync() == "OutOfSync")
    assert data(world, "a") == {"key": "1"}
    assert [one["revision"] for one in world.status()["history"]] == [first]


async def test_a_revision_that_does_not_exist_ends_the_operation_with_an_error(world: World) -> None:
    await shown(world)
    await world.request("web", revision="nope")
    state = await world.ended("web", "Error")
    assert "unable to resolve 'nope' to a commit SHA" in state["message"]
    await world.until(lambda: world.sync() == "OutOfSync")
    assert "conditions" not in world.status()
    assert world.hub.names(objects.CONFIG_MAP) == []


async def test_only_the_objects_that_were_named_are_synced(world: World) -> None:
    await shown(world)
    await world.request("web", resources=[{"kind": "ConfigMap", "name": "a"}])
    await world.ended("web", "Succeeded")
    await world.idle()
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]
    assert world.sync() == "OutOfSync"
    assert "history" not in world.status()


async def test_prune_is_what_the_request_says(world: World) -> None:
    repository = await shown(world)
    await world.request("web")
    await world.settled()
    removed = repository.commit(remove=("app/b.yaml",))
    await world.until(lambda: world.status()["sync"]["revision"] == removed)
    await world.request("web")
    state = await world.ended("web", "Succeeded")
    skipped = [one for one in state["syncResult"]["resources"] if one["status"] == "PruneSkipped"]
    assert [(one["name"], one["message"]) for one in skipped] == [("b", "ignored (requires pruning)")]
    assert world.hub.names(objects.CONFIG_MAP) == ["a", "b"]
    await world.idle()
    await world.request("web", prune=True)
    await world.settled()
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]


async def test_a_dry_run_changes_nothing_and_is_no_attempt(world: World) -> None:
    repository = await shown(world)
    await world.request("web", dryRun=True)
    state = await world.ended("web", "Succeeded")
    assert [one["name"] for one in state["syncResult"]["resources"]] == ["a", "b"]
    await world.idle()
    assert world.hub.names(objects.CONFIG_MAP) == []
    assert "history" not in world.status()
    await world.edit("web", {"spec": {"syncPolicy": objects.AUTOMATED}})
    await world.settled("web", repository.head())


async def test_a_failed_request_is_not_tried_again_unless_it_says_so(world: World) -> None:
    wrong = objects.deployment("bad")
    wrong["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    await shown(world, {"app/bad.yaml": wrong})
    await world.request("web")
    await world.ended("web", "Failed")
    assert world.hub.engine_client.written("Deployment") == 1
    retry = {"limit": 1, "backoff": {"duration": "40s"}}
    await world.edit("web", {"operation": {"sync": {}, "retry": retry}})
    await world.until(lambda: world.operation().get("retryCount") == 1)
    assert world.operation()["message"].endswith("Retrying attempt #1 in 40 s.")
    await world.ended("web", "Failed")
    assert world.hub.engine_client.written("Deployment") == 3
    assert world.condition("SyncError") == ""


async def test_a_running_sync_ends_when_somebody_says_so(world: World) -> None:
    await shown(world, stuck())
    await world.request("web")
    await world.until(lambda: world.hub.names(objects.JOB) == ["slow"])
    await world.idle()
    assert world.operation()["phase"] == "Running"
    await world.edit("web", {"status": {"operationState": {"phase": "Terminating"}}})
    state = await world.ended("web", "Failed")
    assert state["message"] == "Operation terminated"
    assert [(one["name"], one["hookPhase"]) for one in state["syncResult"]["resources"]] == [("slow", "Failed")]
    await world.until(lambda: world.hub.names(objects.JOB) == [])
    assert world.hub.names(objects.CONFIG_MAP) == []


async def test_a_sync_that_waits_for_its_retry_ends_when_somebody_says_so(world: World) -> None:
    wrong = objects.deployment("bad")
    wrong["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    repository = world.repository(files={"app/bad.yaml": wrong})
    policy = {**objects.AUTOMATED, "retry": {"limit": 5, "backoff": {"duration": "1m"}}}
    await world.deploy(objects.application("web", repository.url, syncPolicy=policy))
    await world.until(lambda: world.operation().get("retryCount") == 1)
    start = asyncio.get_running_loop().time()
    await world.edit("web", {"status": {"operationState": {"phase": "Terminating"}}})
    await world.ended("web", "Failed")
    assert asyncio.get_running_loop().time() - start < 1
    assert world.operation()["message"] == "Operation terminated"


def stuck() -> dict[str, Any]:
    """A sync that waits for a hook that never ends."""
    slow = objects.job("slow", hook="PreSync")
    slow["spec"]["suspend"] = True
    return {"app/slow.yaml": slow, "app/a.yaml": objects.config_map("a")}


async def test_a_running_sync_goes_on_after_an_error_but_ends_when_somebody_says_so(world: World) -> None:
    repository = world.repository(files=stuck())
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.hub.names(objects.JOB) == ["slow"])
    await world.edit("web", {"spec": {"project": "nobody"}})
    await world.until(lambda: world.condition("InvalidSpecError"))
    assert world.operation()["phase"] == "Running"
    await world.edit("web", {"status": {"operationState": {"phase": "Terminating"}}})
    state = await world.ended("web", "Failed")
    assert state["message"] == "Operation terminated"


async def test_a_request_ends_with_the_error_that_keeps_it_from_going_on(world: World) -> None:
    await shown(world, stuck())
    await world.request("web")
    await world.until(lambda: world.hub.names(objects.JOB) == ["slow"])
    await world.edit("web", {"spec": {"project": "nobody"}})
    state = await world.ended("web", "Error")
    assert "project 'nobody' does not exist" in state["message"]


async def test_a_request_during_a_sync_waits_for_its_end(world: World) -> None:
    repository = await shown(
        world, {"app/pre.yaml": objects.job("pre", hook="PreSync"), "app/a.yaml": objects.config_map("a")}
    )
    await world.request("web")
    await world.until(lambda: world.operation().get("phase") == "Running")
    await world.edit("web", {"operation": {"initiatedBy": {"username": "ann"}, "sync": {"dryRun": True}}})
    await world.until(lambda: world.operation().get("operation", {}).get("initiatedBy") == {"username": "ann"})
    await world.ended("web", "Succeeded")
    status = await world.settled()
    assert [one["initiatedBy"] for one in status["history"]] == [{"username": "jo"}]
    assert status["history"][0]["revision"] == repository.head()


async def test_a_rollback_deploys_an_entry_of_the_history(world: World) -> None:
    repository = world.repository(files={"old/a.yaml": objects.config_map("a", "old")})
    await world.deploy(objects.application("web", repository.url, "old"))
    await world.until(lambda: world.sync() == "OutOfSync")
    await world.request("web")
    await world.settled()
    entry = world.status()["history"][0]
    moved = repository.commit({"new/a.yaml": objects.config_map("a", "new")}, remove=("old/a.yaml",))
    await world.edit("web", {"spec": {"source": {"path": "new"}}})
    await world.until(lambda: world.status()["sync"].get("revision") == moved and world.sync() == "OutOfSync")
    await world.request("web")
    await world.settled("web", moved)
    await world.request("web", revision=entry["revision"], source=entry["source"], syncStrategy={"apply": {}})
    state = await world.ended("web", "Succeeded")
    assert state["syncResult"]["source"]["path"] == "old"
    assert data(world, "a") == {"key": "old"}
    await world.until(lambda: world.sync() == "OutOfSync")
    assert [(one["id"], one["source"]["path"]) for one in world.status()["history"]] == [
        (0, "old"),
        (1, "new"),
        (2, "old"),
    ]


async def test_the_spec_may_change_while_a_sync_runs(world: World) -> None:
    files = {
        "app/pre.yaml": objects.job("pre", hook="PreSync"),
        "app/a.yaml": objects.config_map("a"),
        "new/b.yaml": objects.config_map("b"),
    }
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.operation().get("phase") == "Running")
    await world.edit("web", {"spec": {"source": {"path": "new"}}})
    await world.until(lambda: world.hub.names(objects.CONFIG_MAP) == ["b"])
    status = await world.settled()
    assert [one["source"]["path"] for one in status["history"]] == ["app", "new"]


async def test_a_refresh_is_answered_by_taking_its_annotation_off(world: World) -> None:
    await shown(world)
    before = world.status()["reconciledAt"]
    await asyncio.sleep(60)
    for how in ("normal", "hard"):
        await world.refresh("web", how)
        await world.until(lambda: not world.app()["metadata"].get("annotations"))
        assert world.status()["reconciledAt"] > before


async def test_a_refresh_is_answered_when_nothing_can_be_compared(world: World) -> None:
    repository = world.repository(files={"other/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url))
    await world.until(lambda: world.condition("ComparisonError"))
    await world.refresh("web", "hard")
    await world.until(lambda: not world.app()["metadata"].get("annotations"))


async def test_a_refresh_does_not_wait_for_the_next_poll(world: World) -> None:
    repository = await shown(world)
    commit = repository.commit({"app/a.yaml": objects.config_map("a", "2")})
    await world.refresh("web")
    await world.until(lambda: world.status()["sync"]["revision"] == commit, within_seconds=0.2)


async def test_an_operation_that_takes_longer_than_the_setting_allows_is_ended_and_not_retried(world: World) -> None:
    labels = {"app.kubernetes.io/part-of": "argocd"}
    metadata = {"name": "argocd-cmd-params-cm", "namespace": "argocd", "labels": labels}
    data = {"controller.sync.timeout.seconds": "60"}
    await world.hub.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    files = {"app/hook.yaml": objects.job("hook", hook="PreSync"), "app/a.yaml": objects.config_map("a")}
    files["app/hook.yaml"]["spec"]["suspend"] = True  # it never ends
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    start = asyncio.get_running_loop().time()
    state = await world.ended("web", "Failed")
    assert 58 < asyncio.get_running_loop().time() - start < 63
    assert state["message"] == "Operation terminated: it took longer than controller.sync.timeout.seconds says"
    assert "retryCount" not in state
    await world.until(lambda: world.hub.names(objects.JOB) == [], "its hook is gone")
    assert world.hub.names(objects.CONFIG_MAP) == []
