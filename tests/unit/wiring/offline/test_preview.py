"""What a preview says is what the controller would do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.fakes.generate_tree import FilesGit

from dokaseca.bridge import secret
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import UserError
from dokaseca.wiring.offline import inputs, preview
from dokaseca.wiring.offline.cluster_files import Clusters, Registered
from dokaseca.wiring.offline.inputs import Given
from dokaseca.wiring.offline.preview import Preview, World
from dokaseca.wiring.offline.set_files import SetFile


def a_set(name: str, generators: list[Any], app: str = "{{name}}", destination: Any = None) -> SetFile:
    template = {
        "metadata": {"name": app},
        "spec": {
            "project": "team",
            "source": {"repoURL": "https://git.example/a", "path": "."},
            "destination": destination or {"name": "{{name}}", "namespace": "web"},
        },
    }
    manifest = {
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"generators": generators, "template": template},
    }
    return SetFile(manifest, f"{name}.yaml", f"sets/{name}.yaml", 3)


def world(*names: str) -> World:
    found = Clusters([Registered(secret.cluster_secret(name, server=f"https://{name}"), "c.yaml") for name in names])
    return World(found, FilesGit({}).tree, FakeClock())


async def run(*sets: SetFile, around: World) -> Preview:
    return await preview.preview(sets, around)


def told(result: Preview) -> list[tuple[str, str, str]]:
    return [(one.source.key.name, one.name, one.problem) for one in result.generated]


def elements(*names: str) -> list[Any]:
    return [{"list": {"elements": [{"name": name} for name in names]}}]


async def test_one_application_for_each_cluster():
    result = await run(a_set("web", [{"clusters": {}}], "web-{{name}}"), around=world("dev", "prod"))
    assert told(result) == [("web", "web-dev", ""), ("web", "web-prod", ""), ("web", "web-in-cluster", "")]
    assert result.generated[0].application["spec"]["destination"] == {"name": "dev", "namespace": "web"}
    assert "ownerReferences" not in result.generated[0].application["metadata"]


async def test_names_taken_twice_inside_a_set_and_across_sets():
    sets = (
        a_set("one", elements("dev", "dev", "prod"), "same-{{name}}"),
        a_set("two", elements("prod"), "same-{{name}}"),
    )
    result = await run(*sets, around=world("dev", "prod"))
    assert told(result) == [
        ("one", "same-dev", ""),
        ("one", "same-dev", "ApplicationSet one contains applications with duplicate name: same-dev"),
        ("one", "same-prod", ""),
        ("two", "same-prod", "application same-prod is already owned by ApplicationSet one"),
    ]
    assert [one.name for one in result.valid()] == ["same-dev", "same-prod"]
    assert len(result.invalid()) == 2


async def test_a_constant_name_for_two_clusters_keeps_the_first():
    result = await run(a_set("all", [{"clusters": {"selector": {"matchExpressions": [
        {"key": "cluster_name", "operator": "Exists"}]}}}], "addons"), around=world("dev", "prod"))  # fmt: skip
    assert [one.problem for one in result.generated] == [
        "",
        "ApplicationSet all contains applications with duplicate name: addons",
    ]


async def test_an_invalid_one_between_valid_ones_of_the_same_shape_gets_its_own_reason():
    sets = a_set("one", elements("dev", "gone", "prod", "gone"), "a-{{name}}")
    result = await run(sets, around=world("dev", "prod"))
    assert [bool(one.problem) for one in result.generated] == [False, True, False, True]
    assert "there are no clusters with this name: gone" in result.generated[1].problem
    assert "duplicate name: a-gone" in result.generated[3].problem


async def test_without_clusters_destinations_are_not_judged():
    nowhere = World(None, FilesGit({}).tree, FakeClock())
    result = await run(a_set("one", elements("anywhere")), around=nowhere)
    assert told(result) == [("one", "anywhere", "")]
    both = await run(a_set("one", elements("x"), destination={"name": "x", "server": "https://x"}), around=nowhere)
    assert "can't have both name and server" in both.generated[0].problem


async def test_a_set_that_fails_is_told_and_the_others_go_on():
    broken = a_set("broken", [{"git": {"repoURL": "https://git.example/gone", "files": [{"path": "*.json"}]}}])
    wrong = a_set("wrong", [{"clusterz": {}}])
    twisted = a_set("twisted", elements("dev"))
    twisted.manifest["spec"]["syncPolicy"] = []
    result = await run(broken, wrong, twisted, a_set("fine", elements("dev")), around=world("dev"))
    assert [one.name for one in result.generated] == ["dev"]
    assert [(one.source.key.name, one.message) for one in result.failed] == [
        ("broken", "https://git.example/gone: no such repository"),
        ("wrong", "an entry of spec.generators names no known generator: clusterz; did you mean 'clusters'?"),
        ("twisted", "ApplicationSet argocd/twisted: spec.syncPolicy must be a mapping"),
    ]


async def test_progress_counts_sets_and_applications():
    seen: list[tuple[int, int, int]] = []
    sets = [a_set("a", elements("dev", "prod")), a_set("b", elements("edge"))]
    await preview.preview(sets, world("dev", "prod", "edge"), lambda *counts: seen.append(counts))
    assert seen == [(0, 2, 0), (1, 2, 2), (2, 2, 3)]


def test_sets_are_chosen_by_name():
    found = [a_set("a", []), a_set("b", [])]
    assert [one.key.name for one in inputs.only(found, [])] == ["a", "b"]
    assert [one.key.name for one in inputs.only(found, ["b"])] == ["b"]
    with pytest.raises(UserError, match="there is no ApplicationSet 'c'; there are: a, b"):
        inputs.only(found, ["c"])


def test_a_world_without_clusters_says_so(tmp_path: Path):
    notes: list[str] = []
    assert inputs.world(Given(), tmp_path, notes.append).clusters is None
    assert notes == [
        "no --clusters are given: ApplicationSets see the local cluster only, and destinations are not checked"
    ]
