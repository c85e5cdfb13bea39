"""Where Applications come from: the same as the controller generates, and every parameter with its giver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.fakes.generate_tree import FilesGit

from dokaseca.generate import expand, params, trace
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.generators.context import Inputs
from dokaseca.generate.templates.gotemplate.values import StringMap
from dokaseca.kit import yaml_in
from dokaseca.kit.clock import FakeClock
from dokaseca.model import manifest as manifests

CASES = Path(__file__).parents[2] / "cases" / "generate"


def load(case: Path) -> dict[str, Any]:
    given: dict[str, Any] = yaml_in.load_all((case / "input.yaml").read_text(), subject=str(case))[0].value
    return given


def inputs_of(given: dict[str, Any]) -> Inputs:
    clusters = [
        ClusterSecret(
            one["name"],
            one["server"],
            one.get("project", ""),
            StringMap(one.get("labels") or {}),
            StringMap(one.get("annotations") or {}),
        )
        for one in given.get("clusters") or []
    ]
    git = FilesGit(given.get("repositories") or {})
    return Inputs(clusters, git.tree, FakeClock(), **(given.get("options") or {}))


def is_from_files(case: Path) -> bool:
    given = load(case)
    return not {"hub", "plugins", "forge"} & given.keys()


@pytest.mark.parametrize(
    "case", [one for one in sorted(CASES.iterdir()) if is_from_files(one)], ids=lambda path: path.name
)
async def test_every_case_is_traced_to_what_it_generates_and_every_parameter_has_its_giver(case: Path) -> None:
    given = load(case)
    inputs = inputs_of(given)
    try:
        expansion = await expand.expand(given["applicationSet"], inputs)
    except GenerationError as error:
        with pytest.raises(GenerationError) as caught:
            await trace.traced(given["applicationSet"], inputs)
        assert (str(caught.value), caught.value.reason) == (str(error), error.reason)
        return
    found = await trace.traced(given["applicationSet"], inputs)
    assert [one.application for one in found] == list(expansion.applications)
    for one in found[:20]:
        parts = await trace.parts(given["applicationSet"], one, inputs)
        given_by_all: dict[str, str] = {}
        for part in parts:
            assert manifests.get(given["applicationSet"], *part.path) is not None
            given_by_all |= params.flatten(part.params)
        assert given_by_all.items() >= params.flatten(one.params).items()


MERGE = """
metadata: {name: web, namespace: argocd}
spec:
  goTemplate: GO
  generators:
  - merge:
      mergeKeys: [server]
      generators:
      - clusters: {values: {version: "1"}}
      - clusters: {selector: {matchLabels: {env: dev}}, values: {version: "2"}}
      - list: {elements: [{server: "https://prod", extra: "x"}]}
  template: {metadata: {name: a}, spec: {}}
"""


@pytest.mark.parametrize("is_go", ["true", "false"])
async def test_of_a_merge_the_children_that_took_part_are_named_in_order(is_go: str) -> None:
    application_set = yaml_in.load(MERGE.replace("GO", is_go), subject="s")
    clusters = [ClusterSecret(name, f"https://{name}", labels=StringMap(env=name)) for name in ("dev", "prod")]
    inputs = Inputs(clusters, FilesGit({}).tree, FakeClock())
    dev, prod, _ = await trace.traced(application_set, inputs)
    assert [part.path[4:] for part in await trace.parts(application_set, dev, inputs)] == [
        ("generators", 0, "clusters"),
        ("generators", 1, "clusters"),
    ]
    assert [part.kind for part in await trace.parts(application_set, prod, inputs)] == ["clusters", "list"]


async def test_of_a_matrix_the_second_child_is_shown_as_it_was_filled_in() -> None:
    application_set = yaml_in.load(
        """
metadata: {name: web, namespace: argocd}
spec:
  generators:
  - matrix:
      generators:
      - list: {elements: [{env: dev}, {env: prod}]}
      - clusters: {selector: {matchLabels: {env: "{{env}}"}}}
  template: {metadata: {name: a}, spec: {}}
""",
        subject="s",
    )
    clusters = [ClusterSecret(name, f"https://{name}", labels=StringMap(env=name)) for name in ("dev", "prod")]
    inputs = Inputs(clusters, FilesGit({}).tree, FakeClock())
    _, prod = await trace.traced(application_set, inputs)
    second, first = await trace.parts(application_set, prod, inputs)
    assert second.spec["selector"] == {"matchLabels": {"env": "prod"}}
    assert (first.params, second.params["name"]) == ({"env": "prod"}, "prod")


def test_differences_of_two_parameter_sets() -> None:
    before = {"a": {"b": "1", "gone": "x"}, "same": [1]}
    after = {"a": {"b": "2"}, "same": [1], "new": "y"}
    assert list(trace.differences(before, after)) == [("a.b", "1", "2"), ("a.gone", "x", None), ("new", None, "y")]
