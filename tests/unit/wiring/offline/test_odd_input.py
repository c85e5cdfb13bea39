"""Whatever an ApplicationSet holds, what is wrong with it is told in words: no shape of input ends in a traceback."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.generate_tree import FilesGit

from dokaseca.bridge import secret
from dokaseca.bridge.lint import check
from dokaseca.kit import yaml_in, yaml_out
from dokaseca.kit.clock import FakeClock
from dokaseca.model.errors import DokaSecaError
from dokaseca.wiring.offline import compare, explain, lint_facts, marked_sets
from dokaseca.wiring.offline.cluster_files import Clusters, Registered
from dokaseca.wiring.offline.explain import Question
from dokaseca.wiring.offline.lint_facts import LintInputs
from dokaseca.wiring.offline.preview import World
from dokaseca.wiring.offline.revisions import Point

WHOLE = yaml_in.load(
    """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: web, namespace: argocd}
spec:
  goTemplate: false
  generators:
  - merge:
      mergeKeys: [server]
      generators:
      - clusters: {selector: {matchLabels: {enable_web: "true"}}, values: {version: 1.0.0}}
      - matrix:
          generators:
          - list: {elements: [{env: dev}]}
          - clusters:
              selector: {matchExpressions: [{key: environment, operator: In, values: ["{{env}}"]}]}
              values: {version: 2.0.0}
  - git: {repoURL: "https://git.example/a", files: [{path: "*.json"}], template: {metadata: {labels: {a: b}}}}
  template:
    metadata: {name: "web-{{name}}", labels: {region: "{{metadata.labels.region}}"}}
    spec:
      project: team
      sources:
      - {repoURL: "https://git.example/a", ref: values}
      - {repoURL: "https://charts", chart: web, targetRevision: "{{values.version}}",
         helm: {ignoreMissingValueFiles: true, valueFiles: ["$values/a//{{name}}.yaml"]}}
      destination: {name: "{{name}}", namespace: web}
  templatePatch: "spec: {project: x}"
""",
    subject="whole",
)
JUNK: list[Any] = [
    None,
    1,
    True,
    "x",
    "{{",
    "{{name}}",
    "{{ .a | b }}",
    [],
    {},
    [1],
    [None],
    {"a": "b"},
    {"{{name}}": 1},
    -5,
    "",
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything inside."""
    found: list[tuple[Any, Any]] = []
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, one in pairs:
        found.append((value, key))
        found += places(one)
    return found


@st.composite
def odd_sets(draw: st.DrawFn) -> Any:
    odd = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(places(odd)))
        if draw(st.booleans()):
            container[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
        elif isinstance(container, dict):
            del container[key]
    return odd


def world() -> World:
    names = ("dev", "prod")
    registered = [
        Registered(secret.cluster_secret(name, environment=name, addons={"enable_web": "true"}, server=name), "c.yaml")
        for name in names
    ]
    return World(Clusters(registered), FilesGit({"https://git.example/a": {"a.json": '{"x": 1}'}}).tree, FakeClock())


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(odd=odd_sets())
async def test_odd_application_sets_are_told_in_words(tmp_path: Path, odd: Any) -> None:
    (tmp_path / "set.yaml").write_text(yaml_out.dump(odd))
    (tmp_path / "clusters.json").write_text("{}")
    try:
        gathered = await lint_facts.gather(LintInputs([tmp_path]))
        found = check.run(gathered.facts)
        check.groups(found)
        sets = marked_sets.read([tmp_path]).sets
    except DokaSecaError:
        return
    base = Point("base", world(), sets)
    (tmp_path / "set.yaml").write_text(yaml_out.dump(WHOLE))
    head = Point("head", world(), marked_sets.read([tmp_path]).sets)
    for comparison in (await compare.compare(base, head), await compare.compare(head, base)):
        for change in comparison.changes:
            assert change.why or change.fields, change
    try:
        await explain.explain(Question("web-dev"), sets, world())
    except DokaSecaError as error:
        assert "web-dev" in str(error)
