"""What the cluster refuses: the others are applied, the error says what and where, and trying again has an end."""

from __future__ import annotations

import asyncio

from tests.corridor import objects
from tests.corridor.world import World

from dokaseca.model.errors import TransientError, UserError
from dokaseca.model.identity import ObjectKey

RETRY = {"limit": 2, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "1m"}}
POLICY = {**objects.AUTOMATED, "retry": RETRY}


def broken() -> dict[str, object]:
    """A Deployment that the API refuses: its selector does not match its template."""
    wrong = objects.deployment("bad")
    wrong["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    return wrong


async def test_what_is_refused_does_not_stop_the_others(world: World) -> None:
    files = {"app/a.yaml": objects.config_map("a"), "app/bad.yaml": broken(), "app/web.yaml": objects.deployment("web")}
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy={**POLICY, "retry": {"limit": 0}}))
    state = await world.ended("web", "Failed")
    await world.idle()
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]
    assert world.hub.names(objects.DEPLOYMENT) == ["web"]
    assert state["message"].startswith("one or more objects failed to apply, reason: Deployment.apps team/bad: ")
    assert "selector" in state["message"]
    assert "app/bad.yaml:1" in state["message"]
    results = {one["name"]: one for one in state["syncResult"]["resources"]}
    assert [results[name]["status"] for name in ("a", "bad", "web")] == ["Synced", "SyncFailed", "Synced"]
    assert "app/bad.yaml:1" in results["bad"]["message"]
    assert world.condition("SyncError").startswith(
        f"Failed last sync attempt to [{repository.head()[:12]}]: one or more"
    )
    assert world.sync() == "OutOfSync"
    assert "history" not in world.status()


async def test_a_failed_sync_is_tried_again_with_growing_waits_until_the_limit(world: World) -> None:
    repository = world.repository(files={"app/bad.yaml": broken()})
    policy = {"automated": {}, "retry": RETRY}
    await world.deploy(objects.application("web", repository.url, syncPolicy=policy))
    state = await world.until(lambda: world.operation() if world.operation().get("retryCount") == 1 else None)
    assert (state["phase"], "finishedAt" in state) == ("Running", True)
    assert state["message"].endswith("Retrying attempt #1 in 10 s.")
    assert world.condition("SyncError") == state["message"]
    loop = asyncio.get_running_loop()
    start = loop.time()
    await world.until(lambda: world.operation().get("retryCount") == 2)
    second = loop.time()
    assert 9 <= second - start <= 12
    await world.ended("web", "Failed")
    assert 19 <= loop.time() - second <= 22
    attempts = world.hub.engine_client.written("Deployment")
    await asyncio.sleep(600)
    assert world.hub.engine_client.written("Deployment") == attempts == 3


async def test_a_retry_succeeds_once_the_cause_is_gone(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")})

    def refuse(verb: str, key: ObjectKey) -> None:
        if key.name == "b":
            raise UserError("admission webhook says no")

    world.hub.engine_client.before = refuse
    await world.deploy(objects.application("web", repository.url, syncPolicy=POLICY))
    await world.until(lambda: world.operation().get("retryCount") == 1)
    assert "ConfigMap team/b: admission webhook says no (app/b.yaml:1)" in world.operation()["message"]
    world.hub.engine_client.before = lambda verb, key: None
    status = await world.settled()
    assert status["operationState"]["retryCount"] == 1
    assert [one["status"] for one in status["operationState"]["syncResult"]["resources"]] == ["Synced", "Synced"]
    assert "conditions" not in status
    assert len(status["history"]) == 1


async def test_a_newer_commit_takes_the_place_of_a_sync_that_waits_for_its_retry(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": broken()})
    await world.deploy(objects.application("web", repository.url, syncPolicy=POLICY))
    await world.until(lambda: world.operation().get("retryCount") == 1)
    start = asyncio.get_running_loop().time()
    status = await world.settled("web", repository.commit({"app/a.yaml": objects.deployment("good")}))
    assert asyncio.get_running_loop().time() - start < 5
    assert "retryCount" not in status["operationState"]
    assert [one["revision"] for one in status["history"]] == [repository.head()]


async def test_a_newer_commit_is_a_new_attempt_after_the_last_failure(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": broken()})
    await world.deploy(objects.application("web", repository.url, syncPolicy={**POLICY, "retry": {"limit": 0}}))
    await world.ended("web", "Failed")
    await world.settled("web", repository.commit({"app/a.yaml": objects.deployment("good")}))
    assert world.condition("SyncError") == ""


async def test_a_heal_that_is_superseded_becomes_a_full_sync(world: World) -> None:
    files = {"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")}
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=POLICY))
    await world.settled()

    def refuse(verb: str, key: ObjectKey) -> None:
        if key.name == "a":
            raise UserError("not now")

    world.hub.engine_client.before = refuse
    await world.hub.client.patch(objects.CONFIG_MAP, "team", "a", {"data": {"key": "edited"}})
    await world.until(lambda: world.operation().get("retryCount") == 1)
    world.hub.engine_client.before = lambda verb, key: None
    changed = {"app/b.yaml": objects.config_map("b", "2")}
    status = await world.settled("web", repository.commit(changed))
    assert "resources" not in status["operationState"]["operation"]["sync"]
    assert [one["revision"] for one in status["history"]][-1] == repository.head()


async def test_a_cluster_that_stops_answering_in_the_middle_is_no_failure(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.deployment("b")})

    def vanish(verb: str, key: ObjectKey) -> None:
        if key.kind == "Deployment" and world.hub.engine_client.written("Deployment") < 3:
            raise TransientError("connection reset", reason="ClusterUnreachable")

    world.hub.engine_client.before = vanish
    await world.deploy(objects.application("web", repository.url, syncPolicy=POLICY))
    await world.until(lambda: world.condition("ComparisonError"))
    assert world.operation()["phase"] == "Running"
    status = await world.settled()
    assert "retryCount" not in status["operationState"]
    assert status["operationState"]["phase"] == "Succeeded"


async def test_a_rollout_that_never_gets_ready_fails_the_sync_and_the_fix_is_deployed(world: World) -> None:
    files = {
        "app/web.yaml": objects.deployment("web", "web:broken"),
        "app/late.yaml": objects.config_map("late", sync_wave="1"),
    }
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=POLICY))
    await world.until(lambda: world.operation().get("retryCount") == 1, within_seconds=900)
    assert "Deployment.apps team/web failed" in world.operation()["message"]
    assert world.hub.names(objects.CONFIG_MAP) == []
    fixed = repository.commit({"app/web.yaml": objects.deployment("web", "web:2")})
    await world.settled("web", fixed, within_seconds=30)
    assert world.hub.names(objects.CONFIG_MAP) == ["late"]
