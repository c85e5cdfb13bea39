"""When something is wrong the status says what, nothing is deleted, and the cure is noticed at once."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from tests.corridor import objects
from tests.corridor.repository import Repository
from tests.corridor.world import World

from dokaseca.model.errors import TransientError, UserError
from dokaseca.model.identity import ObjectKey

CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
SOON_SECONDS = 3.0  # local repositories are polled several times a second


async def stalls(world: World, type_: str, *parts: str) -> None:
    """Wait for a condition with `parts` in its message, while the comparison is Unknown and nothing was deleted."""
    await world.until(lambda: world.condition(type_), type_)
    await world.idle()
    for part in parts:
        assert part in world.condition(type_)
    assert world.sync() == "Unknown"
    assert not [event for event in world.hub.events if event[0] == "gone"]


async def recovers(world: World, revision: str = "", within_seconds: float = SOON_SECONDS) -> None:
    await world.settled("web", revision, within_seconds=within_seconds)
    assert "conditions" not in world.status()


async def good(world: World) -> Repository:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await world.settled()
    return repository


async def test_an_unknown_revision_is_named_and_pushed_later(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    source = {"repoURL": repository.url, "path": "app", "targetRevision": "release"}
    await world.deploy(objects.application("web", repository.url, source=source, syncPolicy=objects.AUTOMATED))
    await stalls(world, "ComparisonError", "unable to resolve 'release' to a commit SHA", "main", repository.url)
    repository.branch("release")
    await recovers(world, repository.head())


async def test_a_commit_that_the_repository_does_not_hold_is_an_unknown_revision(world: World) -> None:
    repository = await good(world)
    await world.edit("web", {"spec": {"source": {"targetRevision": "a" * 40}}})
    await stalls(world, "ComparisonError", f"unable to resolve '{'a' * 40}' to a commit SHA")
    await world.edit("web", {"spec": {"source": {"targetRevision": "main"}}})
    await recovers(world, repository.head())


async def test_a_missing_path_is_named_and_committed_later(world: World) -> None:
    repository = world.repository(files={"other/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await stalls(world, "ComparisonError", "path 'app' does not exist", repository.head()[:12])
    await recovers(world, repository.commit({"app/a.yaml": objects.config_map("a")}))


async def test_a_path_that_vanishes_leaves_everything_in_place(world: World) -> None:
    repository = await good(world)
    repository.commit(remove=("app/a.yaml", "app/b.yaml"))
    await stalls(world, "ComparisonError", "path 'app' does not exist")
    assert world.hub.names(objects.CONFIG_MAP) == ["a", "b"]
    assert len(world.status()["resources"]) == 2
    await recovers(world, repository.commit({"app/a.yaml": objects.config_map("a")}))
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        ({"app/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [}\n"}, ("app/a.yaml:3",)),
        ({"app/a.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, ("app/a.yaml:1",)),
        (
            {
                "app/Chart.yaml": CHART,
                "app/templates/a.yaml": "{{ .Values.x.y }}",
            },
            ("Helm", "templates/a.yaml"),
        ),
        ({"app/kustomization.yaml": "resources: [missing.yaml]\n"}, ("missing.yaml",)),
        ({"app/a.jsonnet": "{ a: error 'no' }"}, ("app/a.jsonnet", "no")),
    ],
    ids=("yaml", "manifest", "helm", "kustomize", "jsonnet"),
)
async def test_a_file_that_cannot_be_rendered_is_named(
    world: World, files: dict[str, str], parts: tuple[str, ...]
) -> None:
    repository = await good(world)
    repository.commit(files)
    await stalls(world, "ComparisonError", *parts)
    assert world.hub.names(objects.CONFIG_MAP) == ["a", "b"]
    assert "Traceback" not in world.condition("ComparisonError")
    repository.commit(remove=tuple(files))
    fixed = repository.commit({"app/a.yaml": objects.config_map("a"), "app/b.yaml": objects.config_map("b")})
    await recovers(world, fixed)


async def test_a_chart_repository_that_is_not_there_is_named(world: World) -> None:
    source = {"repoURL": "http://127.0.0.1:9/charts", "chart": "web", "targetRevision": "1.0.0"}
    await world.deploy(objects.application("web", "", source=source, syncPolicy=objects.AUTOMATED))
    await stalls(world, "ComparisonError", "http://127.0.0.1:9/charts")


async def test_a_repository_that_is_not_there_yet(world: World) -> None:
    repository = Repository(world.folder / "late")
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await stalls(world, "ComparisonError", repository.url, "cannot be read")
    repository.create()
    repository.commit({"app/a.yaml": objects.config_map("a")})
    await recovers(world, repository.head(), within_seconds=70)


async def test_a_repository_that_vanishes_changes_nothing_but_the_status(world: World) -> None:
    repository = await good(world)
    before = world.status()
    hidden = repository.path.with_name("hidden")
    shutil.move(repository.path, hidden)
    await world.until(lambda: world.sync() == "Unknown", within_seconds=30)
    await stalls(world, "ComparisonError", repository.url, "cannot be read")
    after = world.status()
    assert {**after, "sync": {}, "conditions": []} == {**before, "sync": {}, "conditions": []}
    assert after["sync"]["revision"] == before["sync"]["revision"]
    shutil.move(hidden, repository.path)
    await recovers(world, repository.head(), within_seconds=70)
    assert world.hub.names(objects.CONFIG_MAP) == ["a", "b"]


async def test_a_cluster_that_is_not_registered_yet(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    destination = {"name": "spoke", "namespace": "team"}
    await world.deploy(
        objects.application("web", repository.url, destination=destination, syncPolicy=objects.AUTOMATED)
    )
    await stalls(world, "InvalidSpecError", "there is no cluster named 'spoke'")
    spoke = await world.add_machine("spoke")
    await recovers(world)
    assert spoke.names(objects.CONFIG_MAP) == ["a"]


async def test_a_cluster_that_stops_answering_is_unknown_and_comes_back(world: World) -> None:
    spoke = await world.add_machine("spoke")
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    destination = {"name": "spoke", "namespace": "team"}
    await world.deploy(
        objects.application("web", repository.url, destination=destination, syncPolicy=objects.AUTOMATED)
    )
    await world.settled()
    spoke.switch.turn(off=True)
    await spoke.client.patch(objects.CONFIG_MAP, "team", "a", {"data": {"key": "edited while away"}})
    await world.until(lambda: world.sync() == "Unknown", within_seconds=30)
    assert "cluster spoke (https://spoke.example.com) cannot be read" in world.condition("ComparisonError")
    spoke.switch.turn(off=False)
    await recovers(world, within_seconds=30)
    assert (spoke.find(objects.CONFIG_MAP, "a") or {})["data"] == {"key": "1"}


async def test_a_cluster_that_never_answered_does_not_hold_up_the_others(world: World) -> None:
    spoke = await world.add_machine("spoke")
    spoke.switch.turn(off=True)
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    destination = {"name": "spoke", "namespace": "team"}
    for number in range(20):
        await world.deploy(objects.application(f"dead{number}", repository.url, destination=destination))
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await recovers(world)
    await world.until(lambda: all(world.sync(f"dead{number}") == "Unknown" for number in range(20)))


async def test_a_project_that_does_not_exist_yet(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url, project="green", syncPolicy=objects.AUTOMATED))
    await stalls(world, "InvalidSpecError", "project 'green' does not exist")
    await world.hub.client.create(objects.project("green"))
    await recovers(world)


@pytest.mark.parametrize(
    ("forbid", "parts"),
    [
        ({"sourceRepos": ["https://github.com/*"]}, ("is not permitted in project 'green'", "spec.sourceRepos")),
        (
            {"destinations": [{"server": "*", "namespace": "other"}]},
            ("do not match any of the allowed destinations in project 'green'",),
        ),
    ],
    ids=("source", "destination"),
)
async def test_what_the_project_forbids_is_named_until_it_allows_it(
    world: World, forbid: dict[str, object], parts: tuple[str, ...]
) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.hub.client.create(objects.project("green", **forbid))
    await world.deploy(objects.application("web", repository.url, project="green", syncPolicy=objects.AUTOMATED))
    await stalls(world, "InvalidSpecError", *parts)
    await allow(world)
    await recovers(world)


async def test_a_kind_that_the_project_forbids_stops_the_whole_sync_until_it_is_allowed(world: World) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "extra"}}
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/ns.yaml": namespace})
    await world.hub.client.create(objects.project("green", clusterResourceWhitelist=[]))
    await world.deploy(objects.application("web", repository.url, project="green", syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.condition("SyncError"))
    await world.idle()
    assert "resource core:Namespace is not permitted in project 'green'" in world.condition("SyncError")
    assert world.sync() == "OutOfSync"
    assert world.hub.names(objects.CONFIG_MAP) == []
    await allow(world)
    await recovers(world)
    assert world.hub.find(objects.NAMESPACE, "extra", "") is not None


async def allow(world: World) -> None:
    spec = objects.project("green")["spec"]
    await world.hub.client.patch(objects.PROJECT, "argocd", "green", {"spec": spec})


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"destination": {"name": "in-cluster"}}, "destination has both a server"),
        ({"source": {"path": None}}, "needs a path, a chart or a ref"),
        ({"syncPolicy": {"retry": {"limit": 1, "backoff": {"duration": "soon"}}}}, "not a duration: 'soon'"),
    ],
    ids=("destination", "source", "retry"),
)
async def test_a_spec_that_makes_no_sense_is_told_and_corrected(
    world: World, wrong: dict[str, object], part: str
) -> None:
    repository = await good(world)
    right = world.app()["spec"]
    await world.edit("web", {"spec": wrong})
    await stalls(world, "InvalidSpecError", part)
    assert world.hub.names(objects.CONFIG_MAP) == ["a", "b"]
    undo = {
        "destination": {"name": None},
        "source": {"path": "app"},
        "syncPolicy": {**right["syncPolicy"], "retry": None},
    }
    await world.edit("web", {"spec": undo})
    await recovers(world, repository.head())


async def test_an_error_keeps_its_time_and_is_written_once(world: World) -> None:
    repository = world.repository(files={"other/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url))
    await world.until(lambda: world.condition("ComparisonError"))
    await world.idle()
    told, writes = world.status()["conditions"], world.hub.engine_client.written("Application")
    await asyncio.sleep(700)  # three safety nets
    assert world.status()["conditions"] == told
    assert world.hub.engine_client.written("Application") == writes


async def test_a_write_that_the_hub_refuses_for_a_moment_is_made_up_for(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    fails_once(world, "Application")
    await world.deploy(objects.application("web", repository.url, syncPolicy=objects.AUTOMATED))
    await recovers(world, within_seconds=30)


def fails_once(world: World, kind: str) -> None:
    failed: list[ObjectKey] = []

    def before(verb: str, key: ObjectKey) -> None:
        if key.kind == kind and not failed:
            failed.append(key)
            raise TransientError("the hub is busy")

    world.hub.engine_client.before = before


async def test_an_object_may_not_go_to_a_namespace_of_others(world: World) -> None:
    """A project that allows one namespace: no object, hook or other kind of file gets into another one."""
    ours = [{"server": "*", "namespace": "team"}]
    await world.hub.client.create(objects.project("tight", destinations=ours))
    foreign = objects.config_map("evil")
    foreign["metadata"]["namespace"] = "kube-system"
    repository = world.repository(files={"app/a.yaml": objects.config_map("a"), "app/evil.yaml": foreign})
    await world.deploy(objects.application("web", repository.url, project="tight", syncPolicy=objects.AUTOMATED))
    await world.until(lambda: world.condition("SyncError"))
    told = "ConfigMap kube-system/evil: namespace 'kube-system' of cluster 'in-cluster' is not permitted in project"
    assert told in world.condition("SyncError")
    assert world.hub.find(objects.CONFIG_MAP, "evil", "kube-system") is None
    assert world.hub.names(objects.CONFIG_MAP) == []
    repository.commit(remove=("app/evil.yaml",))
    await world.settled()
    assert world.hub.names(objects.CONFIG_MAP) == ["a"]


async def test_a_status_that_the_hub_finds_too_large_is_not_written_again_and_again(world: World) -> None:
    repository = world.repository(files={"app/a.yaml": objects.config_map("a")})
    await world.deploy(objects.application("web", repository.url))
    await world.until(lambda: world.sync() == "OutOfSync")
    await world.idle()
    tries = 0

    def refuse(verb: str, key: ObjectKey) -> None:
        nonlocal tries
        if (verb, key.kind) == ("patch", "Application"):
            tries += 1
            if tries == 1:
                raise UserError("etcdserver: request is too large", reason="RequestEntityTooLarge")

    world.hub.engine_client.before = refuse
    repository.commit({"app/b.yaml": objects.config_map("b")})
    await world.until(lambda: tries, "a write")
    await asyncio.sleep(SOON_SECONDS)
    assert "request is too large" in world.condition("ComparisonError")
    assert tries == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [([], ".spec.color: field not declared in schema"), (["Replace=true"], 'unknown field "spec.color"')],
)
async def test_a_field_that_the_kind_does_not_have_fails_the_sync(
    world: World, options: list[str], message: str
) -> None:
    widget = {**objects.widget("w"), "spec": {"size": 1, "color": "blue"}}
    repository = world.repository(files={"app/crd.yaml": objects.widget_definition(), "app/w.yaml": widget})
    policy = {**objects.AUTOMATED, "syncOptions": options}
    await world.deploy(objects.application("web", repository.url, syncPolicy=policy))
    await world.until(lambda: message in world.condition("SyncError"), "SyncError")
    assert "app/w.yaml:1" in world.condition("SyncError")
    assert await world.hub.read(objects.WIDGET, "w") is None


async def test_a_field_that_the_kind_does_not_have_is_dropped_where_told_so(world: World) -> None:
    widget = {**objects.widget("w"), "spec": {"size": 1, "color": "blue"}}
    repository = world.repository(files={"app/crd.yaml": objects.widget_definition(), "app/w.yaml": widget})
    policy = {**objects.AUTOMATED, "syncOptions": ["Replace=true", "Validate=false"]}
    await world.deploy(objects.application("web", repository.url, syncPolicy=policy))
    await world.ended("web", "Succeeded")
    assert (await world.hub.read(objects.WIDGET, "w") or {})["spec"] == {"size": 1}
