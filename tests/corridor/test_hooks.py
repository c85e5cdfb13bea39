"""What runs before, between and after: hooks, waves, namespaces and definitions."""

from __future__ import annotations

from tests.corridor import objects
from tests.corridor.world import World

ONCE = {**objects.AUTOMATED, "retry": {"limit": 0}}


async def test_hooks_frame_the_sync(world: World) -> None:
    files = {
        "app/pre.yaml": objects.job("pre", hook="PreSync"),
        "app/a.yaml": objects.config_map("a"),
        "app/web.yaml": objects.deployment("web"),
        "app/post.yaml": objects.job("post", hook="PostSync"),
    }
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    status = await world.settled()
    await world.ended("web", "Succeeded")
    hub = world.hub
    assert hub.first("healthy", "Job", "pre") < hub.first("added", "ConfigMap", "a")
    assert hub.first("healthy", "Deployment", "web") < hub.first("added", "Job", "post")
    results = {one["name"]: one for one in status["operationState"]["syncResult"]["resources"]}
    assert [(results[name]["hookType"], results[name]["hookPhase"]) for name in ("pre", "post")] == [
        ("PreSync", "Succeeded"),
        ("PostSync", "Succeeded"),
    ]
    assert [one["name"] for one in status["resources"]] == ["a", "web"]


async def test_a_hook_runs_again_at_the_next_sync(world: World) -> None:
    files = {"app/pre.yaml": objects.job("pre", hook="PreSync"), "app/a.yaml": objects.config_map("a")}
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    first = (world.hub.find(objects.JOB, "pre") or {})["metadata"]["uid"]
    await world.settled("web", repository.commit({"app/a.yaml": objects.config_map("a", "2")}))
    assert (world.hub.find(objects.JOB, "pre") or {})["metadata"]["uid"] != first
    assert world.hub.events.count(("added", "Job", "pre")) == 2


async def test_a_hook_that_succeeded_is_removed_when_its_policy_says_so(world: World) -> None:
    hook = objects.job("pre", hook="PreSync", hook_delete_policy="HookSucceeded")
    repository = world.repository(files={"app/pre.yaml": hook, "app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await world.until(lambda: world.hub.names(objects.JOB) == [])
    await world.idle()
    assert world.hub.events.count(("added", "Job", "pre")) == 1
    assert world.is_settled()


async def test_a_hook_without_a_name_gets_one_for_each_sync(world: World) -> None:
    hook = objects.job("", hook="PreSync")
    hook["metadata"] = {"generateName": "migrate-", "annotations": hook["metadata"]["annotations"]}
    repository = world.repository(files={"app/pre.yaml": hook, "app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    first = repository.head()
    second = repository.commit({"app/a.yaml": objects.config_map("a", "2")})
    await world.settled("web", second)
    names = world.hub.names(objects.JOB)
    assert sorted(name.split("-presync-")[0] for name in names) == sorted(
        [f"migrate-{first[:7]}", f"migrate-{second[:7]}"]
    )
    assert world.sync() == "Synced"


async def test_a_failing_hook_stops_the_sync_and_runs_what_is_for_failures(world: World) -> None:
    files = {
        "app/pre.yaml": objects.job("pre", fails=True, hook="PreSync"),
        "app/a.yaml": objects.config_map("a"),
        "app/sorry.yaml": objects.config_map("sorry", hook="SyncFail"),
    }
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=ONCE))
    state = await world.ended("web", "Failed")
    await world.idle()
    assert "Job team/pre failed" in state["message"].replace("Job.batch", "Job")
    assert world.hub.names(objects.CONFIG_MAP) == ["sorry"]
    assert world.condition("SyncError").startswith(f"Failed last sync attempt to [{repository.head()[:12]}]: ")
    assert "history" not in world.status()
    assert world.hub.events.count(("added", "Job", "pre")) == 1


async def test_waves_wait_for_each_other(world: World) -> None:
    files = {
        "app/late.yaml": objects.config_map("late", sync_wave="2"),
        "app/web.yaml": objects.deployment("web", sync_wave="1"),
        "app/early.yaml": objects.config_map("early", sync_wave="-1"),
    }
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    status = await world.settled()
    hub = world.hub
    assert hub.first("added", "ConfigMap", "early") < hub.first("added", "Deployment", "web")
    assert hub.first("healthy", "Deployment", "web") < hub.first("added", "ConfigMap", "late")
    assert [one.get("syncWave") for one in status["resources"]] == [-1, 2, 1]


async def test_waves_wait_for_each_other_when_only_drift_is_applied(world: World) -> None:
    files = {
        "app/late.yaml": objects.config_map("late", sync_wave="2"),
        "app/web.yaml": objects.deployment("web", sync_wave="1"),
        "app/same.yaml": objects.config_map("same"),
    }
    repository = world.repository(files=files)
    policy = {**objects.AUTOMATED, "syncOptions": ["ApplyOutOfSyncOnly=true"]}
    await world.deploy(objects.application("web", repository.url, syncPolicy=policy))
    await world.settled()
    changed = {
        "app/late.yaml": objects.config_map("late", "2", sync_wave="2"),
        "app/web.yaml": objects.deployment("web", "nginx:2", sync_wave="1"),
    }
    start = len(world.hub.events)
    status = await world.settled("web", repository.commit(changed))
    events = world.hub.events[start:]
    assert events.index(("healthy", "Deployment", "web")) < events.index(("changed", "ConfigMap", "late"))
    assert [one["name"] for one in status["operationState"]["syncResult"]["resources"]] == ["web", "late"]


async def test_the_namespace_is_created_when_asked_for(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    policy = {
        **objects.AUTOMATED,
        "syncOptions": ["CreateNamespace=true"],
        "managedNamespaceMetadata": {"labels": {"team": "green"}},
    }
    destination = {"server": "https://kubernetes.default.svc", "namespace": "fresh"}
    await world.deploy(objects.application("web", repository.url, destination=destination, syncPolicy=policy))
    await world.settled()
    namespace = world.hub.find(objects.NAMESPACE, "fresh", "") or {}
    assert namespace["metadata"]["labels"]["team"] == "green"
    assert "annotations" not in namespace["metadata"]
    assert world.hub.names(objects.CONFIG_MAP, "fresh") == ["a"]


async def test_a_missing_namespace_fails_with_its_name(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    destination = {"server": "https://kubernetes.default.svc", "namespace": "nowhere"}
    await world.deploy(objects.application("web", repository.url, destination=destination, syncPolicy=ONCE))
    state = await world.ended("web", "Failed")
    assert 'namespaces "nowhere" not found' in state["message"]


async def test_a_definition_and_its_object_arrive_in_one_commit(world: World) -> None:
    files = {
        "app/widget.yaml": objects.widget("w", 2),
        "app/crd.yaml": objects.widget_definition(),
    }
    repository = world.repository(files=files)
    await world.deploy(objects.application("web", repository.url, syncPolicy=ONCE))
    await world.settled()
    widget = await world.hub.read(objects.WIDGET, "w") or {}
    assert widget["spec"] == {"size": 2}
    await world.hub.follow(objects.WIDGET)
    await world.hub.client.patch(objects.WIDGET, "team", "w", {"spec": {"size": 9}})
    await world.until(lambda: world.hub.events.count(("changed", "Widget", "w")) == 2, within_seconds=1.0)
    assert (await world.hub.read(objects.WIDGET, "w") or {})["spec"] == {"size": 2}


async def test_an_object_waits_for_a_definition_that_another_application_brings(world: World) -> None:
    repository = world.repository(files={"app/w.yaml": objects.widget("w"), "app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=ONCE))
    state = await world.ended("web", "Failed")
    await world.idle()
    assert "no matches for kind 'Widget'" in state["message"]
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]
    crds = world.repository("crds", {"crds/crd.yaml": objects.widget_definition()})
    await world.deploy(objects.application("crds", crds.url, "crds", syncPolicy=ONCE))
    await world.settled("web", within_seconds=2.0)
    assert await world.hub.read(objects.WIDGET, "w") is not None


async def test_drift_of_a_definition_is_healed_at_once(world: World) -> None:
    repository = world.repository(files={"app/crd.yaml": objects.widget_definition()})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await world.idle()
    versions = objects.widget_definition()["spec"]["versions"]
    versions[0]["additionalPrinterColumns"] = [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]
    schema = versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    schema["size"] = {"type": "string"}
    await world.hub.client.patch(objects.CRD, "", "widgets.example.com", {"spec": {"versions": versions}})

    def size() -> str:
        crd = world.hub.find(objects.CRD, "widgets.example.com", "") or {}
        found = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        return str(found["size"]["type"])

    await world.until(lambda: size() == "string")
    await world.until(lambda: size() == "integer", within_seconds=1.0)


async def test_objects_of_a_definition_that_was_deleted_are_missing_not_unreadable(world: World) -> None:
    repository = world.repository(
        files={"app/crd.yaml": objects.widget_definition(), "app/w.yaml": objects.widget("w")}
    )
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    await world.idle()
    await world.hub.client.delete(objects.CRD, "", "widgets.example.com")
    await world.until(lambda: world.hub.events.count(("added", "CustomResourceDefinition", "widgets.example.com")) == 2)
    await world.settled()
    assert (await world.hub.read(objects.WIDGET, "w") or {})["spec"] == {"size": 1}
    assert world.hub.find(objects.CRD, "widgets.example.com", "") is not None
