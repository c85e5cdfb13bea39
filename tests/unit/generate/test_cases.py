"""Every folder of tests/cases/generate is one case: input.yaml, expected.yaml and a line of why.

expected.yaml holds `applications` (each a part that the Application at that place must contain; `absent` lists dotted
paths that must not exist, `exact` parts that must be equal), or `names`, or `error` (part of the message) and
`condition`; and may hold `requeue_after_seconds`, `repositories`, `empty_sources`, and `plan`: what would be done with
the Applications that `live` of input.yaml lists.

A case of a generator that asks a forge says in `forge` what that holds (`repositories` with branches and their files,
`pullRequests` by repository), and may set `forgeRules`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster
from tests.fakes.generate_tree import FilesGit
from tests.fakes.plugins import FakePlugins
from tests.fakes.scm import FakeScm, world

from dokaseca.generate import expand, planning
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.forge_inputs import ForgeInputs, ForgeRules
from dokaseca.generate.generators.context import Inputs
from dokaseca.generate.hub_inputs import HubInputs
from dokaseca.generate.reconcile_plan import ReconcilePlan, Surroundings
from dokaseca.generate.templates.gotemplate.values import StringMap
from dokaseca.kit import yaml_in
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind

CASES = Path(__file__).parents[2] / "cases" / "generate"


def _load(path: Path) -> Any:
    return yaml_in.load_all(path.read_text(), subject=str(path))[0].value


def _clusters(entries: list[dict[str, Any]]) -> list[ClusterSecret]:
    return [
        ClusterSecret(
            entry["name"],
            entry["server"],
            entry.get("project", ""),
            StringMap(entry.get("labels") or {}),
            StringMap(entry.get("annotations") or {}),
        )
        for entry in entries
    ]


def _hub(objects: list[dict[str, Any]]) -> FakeCluster:
    """A hub that holds `objects`, and knows their kinds."""
    always = [GroupVersionKind("", "v1", "ConfigMap"), GroupVersionKind("", "v1", "Secret")]
    hub = FakeCluster(list(dict.fromkeys([*always, *map(manifests.gvk, objects)])))
    for one in objects:
        placed = {**one, "metadata": {"namespace": "argocd", **one["metadata"]}}
        hub.objects[manifests.key(placed)] = placed
    return hub


def _forges(given: dict[str, Any], cluster: FakeCluster) -> ForgeInputs | None:
    if "forge" not in given:
        return None
    return ForgeInputs(FakeScm(world(given["forge"])), cluster.get, ForgeRules(**(given.get("forgeRules") or {})))


def _assert_contains(part: Any, whole: Any, where: str) -> None:
    if isinstance(part, dict) and isinstance(whole, dict):
        for key, value in part.items():
            if key == "absent":
                for path in value:
                    assert manifests.get(whole, *path.removeprefix(f"{where}.").split(".")) is None, f"{where}: {path}"
            elif key == "exact":
                for name, exact in value.items():
                    assert whole.get(name) == exact, f"{where}.{name}"
            else:
                assert key in whole, f"{where}.{key} is missing"
                _assert_contains(value, whole[key], f"{where}.{key}")
    else:
        assert whole == part, where


def test_there_are_enough_cases() -> None:
    assert len(list(CASES.iterdir())) >= 350


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda path: path.name)
async def test_a_case_generates_what_it_says(case: Path) -> None:
    assert (case / "why.md").read_text().strip()
    given, expected = _load(case / "input.yaml"), _load(case / "expected.yaml")
    git = FilesGit(given.get("repositories") or {})
    cluster = _hub(given.get("hub") or [])
    hub = HubInputs(cluster, FakePlugins(given.get("plugins") or {}))
    forges = _forges(given, cluster)
    options = given.get("options") or {}
    inputs = Inputs(_clusters(given.get("clusters") or []), git.tree, FakeClock(), hub=hub, forges=forges, **options)
    if "error" in expected:
        with pytest.raises(GenerationError) as caught:
            await expand.expand(given["applicationSet"], inputs)
        assert expected["error"] in str(caught.value)
        assert str(caught.value.reason) == expected.get("condition", str(caught.value.reason))
        found_repositories = caught.value.repositories
    else:
        expansion = await expand.expand(given["applicationSet"], inputs)
        found_repositories = expansion.repositories
        _check(expected, list(expansion.applications), expansion.requeue_after_seconds)
        if "empty_sources" in expected:
            assert list(expansion.empty_sources) == expected["empty_sources"]
        if "plan" in expected:
            _check_plan(expected["plan"], _planned(given, list(expansion.applications)))
    if "repositories" in expected:
        assert found_repositories == frozenset(map(tuple, expected["repositories"]))


def _check(expected: dict[str, Any], applications: list[Any], requeue_after_seconds: float | None) -> None:
    if "names" in expected:
        assert [manifests.name(application) for application in applications] == expected["names"]
    for number, part in enumerate(expected.get("applications") or []):
        _assert_contains(part, applications[number], f"applications[{number}]")
    if "applications" in expected:
        assert len(applications) == len(expected["applications"])
    if "requeue_after_seconds" in expected:
        assert requeue_after_seconds == expected["requeue_after_seconds"]


def _planned(given: dict[str, Any], applications: list[Any]) -> ReconcilePlan:
    view = application_sets.view(given["applicationSet"])
    around = Surroundings(given.get("projects") or ["default"], _clusters(given.get("clusters") or []))
    existing = [_live(one) for one in given.get("live") or []]
    return planning.plan(view, applications, existing, around, "2026-01-01T00:00:00Z").plan


def _live(one: dict[str, Any]) -> dict[str, Any]:
    """An Application of the hub: `owner` is the ApplicationSet's uid unless it says another, or none."""
    owner = one.get("owner", "u1")
    reference = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "name": "set", "uid": owner}
    references = [{**reference, "controller": True, "blockOwnerDeletion": True}] if owner != "none" else []
    metadata = {"namespace": "argocd", "uid": f"uid-{one['metadata']['name']}", "ownerReferences": references}
    rest = {name: value for name, value in one.items() if name != "owner"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        **rest,
        "metadata": {**metadata, **one["metadata"]},
    }


def _check_plan(expected: dict[str, Any], plan: ReconcilePlan) -> None:
    """Every part of the plan, those that are not named empty."""
    assert [manifests.name(one) for one in plan.create] == expected.get("create", [])
    assert {manifests.name(one.application): one.patch for one in plan.update} == expected.get("update", {})
    assert [manifests.name(one) for one in plan.delete] == expected.get("delete", [])
    assert sorted(plan.strip_finalizer) == expected.get("strip_finalizer", [])
    assert sorted(plan.unchanged) == expected.get("unchanged", [])
    told = {one.name: one.message for one in plan.invalid}
    assert sorted(told) == sorted(expected.get("invalid", {}))
    for name, part in expected.get("invalid", {}).items():
        assert part in told[name]
