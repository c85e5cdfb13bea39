"""A commit enters at one end and leaves as a healthy deployment at the other."""

from __future__ import annotations

import re

from tests.corridor import objects
from tests.corridor.world import World

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


async def test_a_commit_becomes_a_healthy_deployment(world: World) -> None:
    repository = world.repository(files={"app/web.yaml": [objects.config_map("settings"), objects.deployment("web")]})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    status = await world.settled("web", repository.head())
    assert world.hub.names(objects.CONFIG_MAP) == ["settings"]
    source = {"repoURL": repository.url, "path": "app", "targetRevision": "main"}
    destination = {"server": "https://kubernetes.default.svc", "namespace": "team"}
    assert status["sync"] == {
        "status": "Synced",
        "revision": repository.head(),
        "comparedTo": {"source": source, "destination": destination},
    }
    assert status["health"]["status"] == "Healthy"
    assert status["resources"] == [
        {"version": "v1", "kind": "ConfigMap", "namespace": "team", "name": "settings", "status": "Synced"},
        {
            "group": "apps",
            "version": "v1",
            "kind": "Deployment",
            "namespace": "team",
            "name": "web",
            "status": "Synced",
            "health": {"status": "Healthy"},
        },
    ]
    assert status["summary"] == {"images": ["nginx:1"]}
    assert status["sourceType"] == "Directory"
    assert status["controllerNamespace"] == "argocd"
    assert "conditions" not in status
    assert TIME.match(status["reconciledAt"])
    assert TIME.match(status["health"]["lastTransitionTime"])


async def test_the_operation_is_told_as_argo_cd_tells_it(world: World) -> None:
    repository = world.repository(files={"app/web.yaml": [objects.config_map("settings"), objects.deployment("web")]})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    status = await world.settled()
    source = {"repoURL": repository.url, "path": "app", "targetRevision": "main"}
    state = status["operationState"]
    assert TIME.match(state["startedAt"])
    assert TIME.match(state["finishedAt"])
    assert state["phase"] == "Succeeded"
    assert state["message"] == "successfully synced (all tasks run)"
    assert state["operation"] == {
        "initiatedBy": {"automated": True},
        "retry": {"limit": 5},
        "sync": {"prune": True, "revision": repository.head()},
    }
    assert (state["syncResult"]["revision"], state["syncResult"]["source"]) == (repository.head(), source)
    assert [(one["kind"], one["status"], one["message"]) for one in state["syncResult"]["resources"]] == [
        ("ConfigMap", "Synced", "configmap/settings created"),
        ("Deployment", "Synced", "deployment.apps/web created"),
    ]
    assert {one["syncPhase"] for one in state["syncResult"]["resources"]} == {"Sync"}
    assert status["history"] == [
        {
            "id": 0,
            "revision": repository.head(),
            "source": source,
            "deployStartedAt": state["startedAt"],
            "deployedAt": state["finishedAt"],
            "initiatedBy": {"automated": True},
        }
    ]
    assert "operation" not in world.app()


async def test_a_second_commit_changes_what_differs_and_is_remembered(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    first = repository.head()
    second = repository.commit({"app/b.yaml": objects.config_map("b", "2")})
    status = await world.settled("web", second)
    assert (world.hub.find(objects.CONFIG_MAP, "b") or {})["data"] == {"key": "2"}
    assert [(one["id"], one["revision"]) for one in status["history"]] == [(0, first), (1, second)]
    assert ("changed", "ConfigMap", "a") not in world.hub.events


async def test_history_keeps_as_many_entries_as_the_spec_says(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a", "0")})
    spec = {"syncPolicy": objects.AUTOMATED, "revisionHistoryLimit": 2}
    await world.deploy(objects.application("web", repository.url, **spec))
    await world.settled()
    for value in ("1", "2", "3"):
        await world.settled("web", repository.commit({"app/a.yaml": objects.config_map("a", value)}))
    assert [one["id"] for one in world.status()["history"]] == [2, 3]


async def test_without_automation_a_difference_is_only_shown(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url))
    await world.until(lambda: world.sync() == "OutOfSync")
    await world.idle()
    assert world.health() == "Missing"
    assert world.hub.names(objects.CONFIG_MAP) == []
    assert [one["status"] for one in world.status()["resources"]] == ["OutOfSync"]
    assert "operationState" not in world.status()


async def test_a_file_that_leaves_git_takes_its_object_along(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")})
    await world.deploy(objects.application("web", repository.url, syncPolicy={"automated": {"prune": True}}))
    await world.settled()
    status = await world.settled("web", repository.commit(remove=("app/b.yaml",)))
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]
    pruned = [one for one in status["operationState"]["syncResult"]["resources"] if one["name"] == "b"]
    assert [(one["status"], one["message"]) for one in pruned] == [("Pruned", "pruned")]


async def test_without_prune_the_object_stays_and_asks_for_pruning(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")})
    await world.deploy(objects.application("web", repository.url, syncPolicy={"automated": {"selfHeal": True}}))
    await world.settled()
    removed = repository.commit(remove=("app/b.yaml",))
    await world.until(lambda: world.sync() == "OutOfSync")
    await world.idle()
    assert world.status()["sync"]["revision"] == removed
    assert world.hub.names(objects.CONFIG_MAP) == ["a", "b"]
    left = [one for one in world.status()["resources"] if one["name"] == "b"]
    assert [(one["status"], one["requiresPruning"]) for one in left] == [("OutOfSync", True)]
    assert len(world.status()["history"]) == 1


async def test_an_object_is_pruned_after_a_restart_too(world: World) -> None:
    files = {"app/a.yaml": objects.config_map("a"), "app/job.yaml": objects.deployment("b")}
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await world.stop_engine()
    removed = repository.commit(remove=("app/job.yaml",))
    await world.start_engine()
    await world.settled("web", removed)
    assert world.hub.names(objects.DEPLOYMENT) == []


async def test_automation_never_wipes_out_everything_unless_that_is_allowed(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/README.md": "kept"})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    removed = repository.commit(remove=("app/a.yaml",))
    await world.until(lambda: world.condition("SyncError"))
    assert world.condition("SyncError").startswith("auto-sync will wipe out all resources")
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]
    await world.edit("web", {"spec": {"syncPolicy": {"automated": {"allowEmpty": True}}}})
    await world.settled("web", removed)
    assert world.hub.names(objects.CONFIG_MAP) == []
    assert world.condition("SyncError") == ""


async def test_a_change_of_the_path_deploys_without_a_commit(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "new/b.yaml": objects.config_map("b")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await world.edit("web", {"spec": {"source": {"path": "new"}}})
    await world.until(lambda: world.hub.names(objects.CONFIG_MAP) == ["b"])
    await world.settled()
    assert world.status()["sync"]["comparedTo"]["source"]["path"] == "new"


async def test_a_registered_cluster_is_deployed_to_by_name(world: World) -> None:
    spoke = await world.add_machine("spoke")
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    destination = {"name": "spoke", "namespace": "team"}
    await world.deploy(
        objects.application("web", repository.url, destination=destination, syncPolicy=objects.AUTOMATED)
    )
    await world.settled()
    assert spoke.names(objects.CONFIG_MAP) == ["a"]
    assert world.hub.names(objects.CONFIG_MAP) == []
