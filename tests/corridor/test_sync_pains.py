"""What hurts users of Argo CD and must not hurt here; each test names the pain."""

from __future__ import annotations

import asyncio

from tests.corridor import objects
from tests.corridor.world import World

FAST = {"limit": 1, "backoff": {"duration": "1s", "factor": 1, "maxDuration": "1s"}}


async def test_self_heal_has_no_dead_end_after_a_failed_sync(world: World) -> None:
    """A sync failed for good because its namespace was missing; once that is there, nobody has to push a commit."""
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    destination = {"server": "https://kubernetes.default.svc", "namespace": "late"}
    policy = {**objects.AUTOMATED, "retry": FAST}
    await world.deploy(objects.application("web", repository.url, destination=destination, syncPolicy=policy))
    await world.ended("web", "Failed")
    await world.hub.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "late"}})
    await world.settled(within_seconds=400)
    assert world.hub.names(objects.CONFIG_MAP, "late") == ["a"]


async def test_what_fails_for_ever_is_tried_every_five_minutes_and_not_faster(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    destination = {"server": "https://kubernetes.default.svc", "namespace": "never"}
    policy = {**objects.AUTOMATED, "retry": {"limit": 0}}
    await world.deploy(objects.application("web", repository.url, destination=destination, syncPolicy=policy))
    await world.ended("web", "Failed")
    before = world.hub.engine_client.written("ConfigMap")
    await asyncio.sleep(1000)
    assert 2 <= world.hub.engine_client.written("ConfigMap") - before <= 4


async def test_failing_applications_do_not_delay_others(world: World) -> None:
    """More of them than there are workers, each waiting for its next try: the good one does not notice."""
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    for number in range(40):
        await world.deploy(
            objects.application(f"bad-{number}", repository.url, "nowhere", syncPolicy=objects.AUTOMATED)
        )
    await world.until(lambda: all(world.condition("ComparisonError", f"bad-{number}") for number in range(40)))
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled(within_seconds=5)


def windowed(*windows: dict[str, object]) -> dict[str, object]:
    return {"spec": {"syncWindows": [{"applications": ["*"], **one} for one in windows]}}


async def test_a_window_holds_the_sync_policy_back_and_lets_it_go_when_it_opens(world: World) -> None:
    allow = {"kind": "allow", "schedule": "30 0 * * *", "duration": "1h"}  # it is midnight
    await world.hub.client.patch(objects.PROJECT, "argocd", "default", windowed(allow))
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.condition("SyncWindowWarning"))
    assert "until 2026-01-01T00:30:00Z" in world.condition("SyncWindowWarning")
    assert world.operation() == {}
    start = asyncio.get_running_loop().time()
    await world.settled(within_seconds=3600)
    assert 1500 < asyncio.get_running_loop().time() - start < 1802
    await world.until(lambda: not world.condition("SyncWindowWarning"))


async def test_a_request_waits_for_the_window_unless_manual_syncs_are_let_through(world: World) -> None:
    deny = {"kind": "deny", "schedule": "* * * * *", "duration": "1h"}
    await world.hub.client.patch(objects.PROJECT, "argocd", "default", windowed(deny))
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url))
    await world.until(lambda: world.sync() == "OutOfSync")
    await world.request("web")
    await world.until(lambda: str(world.operation().get("message")).startswith("Sync operation blocked by sync window"))
    assert world.operation()["phase"] == "Running"
    assert world.hub.names(objects.CONFIG_MAP) == []
    await world.hub.client.patch(objects.PROJECT, "argocd", "default", windowed({**deny, "manualSync": True}))
    await world.ended("web", "Succeeded")
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]


async def test_a_request_that_waits_for_a_window_can_be_terminated(world: World) -> None:
    deny = {"kind": "deny", "schedule": "* * * * *", "duration": "1h"}
    await world.hub.client.patch(objects.PROJECT, "argocd", "default", windowed(deny))
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url))
    await world.until(lambda: world.sync() == "OutOfSync")
    await world.request("web")
    await world.until(lambda: world.operation().get("phase") == "Running")
    await world.edit("web", {"status": {"operationState": {"phase": "Terminating"}}})
    await world.ended("web", "Failed")
    assert world.operation()["message"] == "Operation terminated"


async def test_ignored_fields_stay_as_they_are_where_the_application_respects_them(world: World) -> None:
    repository = world.repository(files={"app/web.yaml": objects.deployment("web", replicas=1)})
    ignored = [{"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}]
    policy = {**objects.AUTOMATED, "syncOptions": ["RespectIgnoreDifferences=true"]}
    await world.deploy(objects.application("web", repository.url, syncPolicy=policy, ignoreDifferences=ignored))
    await world.settled()
    await world.hub.client.patch(objects.DEPLOYMENT, "team", "web", {"spec": {"replicas": 3}})
    await world.settled()
    await world.settled("web", repository.commit({"app/web.yaml": objects.deployment("web", "nginx:2", replicas=1)}))
    live = world.hub.find(objects.DEPLOYMENT, "web") or {}
    assert (live["spec"]["replicas"], live["spec"]["template"]["spec"]["containers"][0]["image"]) == (3, "nginx:2")


async def test_a_field_that_kubectl_applied_goes_when_it_leaves_git(world: World) -> None:
    mine = {**objects.config_map("a"), "data": {"key": "1", "old": "x"}}
    mine["metadata"] = {"name": "a", "namespace": "team"}
    await world.hub.client.create(mine, field_manager="kubectl-client-side-apply")
    repository = world.repository(files={"app/a.yaml": objects.config_map("a", "2")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await world.until(lambda: (world.hub.find(objects.CONFIG_MAP, "a") or {}).get("data") == {"key": "2"})


async def test_an_application_waits_until_the_one_that_it_depends_on_is_healthy(world: World) -> None:
    files = {"db/web.yaml": objects.deployment("db"), "app/a.yaml": objects.config_map("a")}
    repository = world.repository(files=files)
    web = objects.application("web", repository.url, syncPolicy=objects.AUTOMATED)
    web["metadata"]["annotations"] = {"dokaseca.dev/depends-on": "db"}
    await world.deploy(web)
    await world.until(lambda: "which does not exist" in world.condition("DependencyWarning"))
    assert world.hub.names(objects.CONFIG_MAP) == []
    await world.deploy(objects.application("db", repository.url, "db", syncPolicy=objects.AUTOMATED))
    await world.settled("web", within_seconds=30)
    assert world.hub.first("healthy", "Deployment", "db") < world.hub.first("added", "ConfigMap", "a")
    await world.until(lambda: not world.condition("DependencyWarning"))
