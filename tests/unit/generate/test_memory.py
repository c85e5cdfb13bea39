from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.generate_tree import FilesTree

from dokaseca.generate import expand, planning, repeatable
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.generators.context import Inputs
from dokaseca.generate.memory import Memory
from dokaseca.generate.reconcile_plan import Surroundings
from dokaseca.generate.templates.gotemplate.sprig import crypto, random_texts
from dokaseca.generate.templates.gotemplate.values import StringMap
from dokaseca.kit import json_merge
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.ports.git import Tree

NOW = "2026-01-01T00:00:00Z"
FLAT = [
    {
        "merge": {
            "mergeKeys": ["server"],
            "generators": [
                {"clusters": {"selector": {"matchLabels": {"on": "true"}}, "values": {"version": "1"}}},
                {"clusters": {"selector": {"matchLabels": {"env": "dev"}}, "values": {"version": "2"}}},
            ],
        }
    }
]
CLUSTERS = {"clusters": {"selector": {"matchExpressions": [{"key": "env", "operator": "Exists"}]}}}
GIT = {"git": {"repoURL": "r", "revision": "HEAD", "files": [{"path": "apps/*.yaml"}]}}
GO = [{"matrix": {"generators": [CLUSTERS, GIT]}}]


def application_set(kind: str, edition: int) -> Manifest:
    is_go = kind == "go"
    name, image = (
        ("{{ .name }}-{{ .path.filename }}", "{{ .image }}") if is_go else ("app-{{name}}", "{{values.version}}")
    )
    destination = {"name": "{{ .name }}" if is_go else "{{name}}", "namespace": f"n{edition}"}
    template = {
        "metadata": {"name": name, "labels": {"image": image}},
        "spec": {"project": "default", "destination": destination},
    }
    spec = {"goTemplate": is_go, "generators": GO if is_go else FLAT, "template": template}
    return {"metadata": {"name": "set", "namespace": "argocd", "uid": "u"}, "spec": spec}


@dataclass
class World:
    """What changes, and an ApplicationSet that remembers."""

    kind: str
    edition: int = 0
    clusters: tuple[ClusterSecret, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    live: dict[str, Manifest] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)

    def put_cluster(self, number: int, env: str, on: str) -> None:
        name = f"c{number}"
        labels = StringMap({"env": env, "on": on} if env else {"on": on})
        self.remove_cluster(number)
        self.clusters = (*self.clusters, ClusterSecret(name, f"https://{name}", labels=labels))

    def remove_cluster(self, number: int) -> None:
        self.clusters = tuple(one for one in self.clusters if one.name != f"c{number}")

    def put_file(self, number: int, image: str) -> None:
        self.files = {**self.files, f"apps/{number}.yaml": image}

    def remove_file(self, number: int) -> None:
        self.files = {path: text for path, text in self.files.items() if path != f"apps/{number}.yaml"}

    def edit_template(self, edition: int) -> None:
        self.edition = edition

    def edit_live(self, number: int) -> None:
        for name in sorted(self.live)[number : number + 1]:
            self.live[name] = json_merge.apply(self.live[name], {"spec": {"destination": {"namespace": "mine"}}})

    def delete_live(self, number: int) -> None:
        for name in sorted(self.live)[number : number + 1]:
            del self.live[name]

    async def tree(self, url: str, revision: str) -> Tree:
        return FilesTree(self.files, hashlib.sha1(repr(sorted(self.files.items())).encode()).hexdigest())

    async def reconcile(self) -> None:
        """Once with the memory, once from nothing; then do what is planned."""
        manifest = application_set(self.kind, self.edition)
        inputs = Inputs(self.clusters, self.tree, FakeClock())
        outcomes = []
        for memory in (self.memory, None):
            try:
                expansion = await expand.expand(manifest, inputs, memory)
            except GenerationError as error:
                outcomes.append((str(error), error.reason, error.repositories))
                continue
            around = Surroundings({"default"}, self.clusters)
            settled = self.memory.settled if memory is not None else None
            view, existing = application_sets.view(manifest), list(self.live.values())
            planned = planning.plan(view, expansion.applications, existing, around, NOW, settled)
            outcomes.append((expansion, planned))
        assert outcomes[0] == outcomes[1]
        if len(outcomes[0]) == 2:
            self.do(outcomes[0][1].plan)

    def do(self, plan: Any) -> None:
        for one in plan.create:
            self.live[manifests.name(one)] = one
        for one in plan.update:
            name = manifests.name(one.application)
            self.live[name] = json_merge.apply(self.live[name], one.patch)
        for one in plan.delete:
            del self.live[manifests.name(one)]


NUMBER = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("put_cluster"), NUMBER, st.sampled_from(["dev", "prod", ""]), st.sampled_from(["true", "false"])),
    st.tuples(st.just("remove_cluster"), NUMBER),
    st.tuples(st.just("put_file"), NUMBER, st.sampled_from(["image: a", "image: b", "{}", "[]", "- image: a", "a: ["])),
    st.tuples(st.just("remove_file"), NUMBER),
    st.tuples(st.just("edit_template"), NUMBER),
    st.tuples(st.just("edit_live"), NUMBER),
    st.tuples(st.just("delete_live"), NUMBER),
    st.tuples(st.just("nothing")),
)


@pytest.mark.parametrize("kind", ["flat", "go"])
@given(steps=st.lists(STEPS, max_size=30))
@settings(deadline=None, max_examples=60)
def test_a_reconcile_that_remembers_equals_one_from_nothing(kind: str, steps: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        world = World(kind)
        for name, *arguments in steps:
            if name != "nothing":
                getattr(world, name)(*arguments)
            await world.reconcile()

    asyncio.run(run())


async def test_what_has_not_changed_is_the_same_object() -> None:
    world = World("go")
    world.put_cluster(1, "dev", "true")
    world.put_file(1, "image: a")
    manifest, inputs = application_set("go", 0), Inputs(world.clusters, world.tree, FakeClock())
    first = await expand.expand(manifest, inputs, world.memory)
    assert await expand.expand(application_set("go", 0), inputs, world.memory) is first
    world.put_file(2, "image: a")
    second = await expand.expand(manifest, inputs, world.memory)
    assert second.applications[0] is first.applications[0]
    assert len(second.applications) == 2


async def test_a_template_that_reads_the_clock_is_rendered_each_time() -> None:
    manifest = application_set("go", 0)
    manifest["spec"]["template"]["metadata"]["labels"] = {"at": "{{ now | unixEpoch }}"}
    world, clock = World("go"), FakeClock()
    world.put_cluster(1, "dev", "true")
    world.put_file(1, "image: a")
    inputs = Inputs(world.clusters, world.tree, clock)
    first = await expand.expand(manifest, inputs, world.memory)
    clock.advance(60)
    second = await expand.expand(manifest, inputs, world.memory)
    assert second.applications != first.applications


async def test_another_uid_shares_nothing() -> None:
    world = World("flat")
    world.put_cluster(1, "dev", "true")
    inputs = Inputs(world.clusters, world.tree, FakeClock())
    first = await expand.expand(application_set("flat", 0), inputs, world.memory)
    again = application_set("flat", 0)
    again["metadata"]["uid"] = "another"
    second = await expand.expand(again, inputs, world.memory)
    assert second == first
    assert second.applications[0] is not first.applications[0]


@pytest.mark.parametrize(
    "name",
    [*random_texts.FUNCTIONS, "randBytes", "bcrypt", "htpasswd", "encryptAES", "now", "ago", "date", "tpl", "genCA"],
)
def test_functions_that_give_something_else_each_time_are_known(name: str) -> None:
    assert name in {**random_texts.FUNCTIONS, **crypto.FUNCTIONS} or name in ("now", "ago", "date", "tpl", "genCA")
    manifest = application_set("go", 0)
    manifest["spec"]["template"]["spec"]["x"] = f"{{{{\n{name} .x }}}}"
    assert not repeatable.is_repeatable(application_sets.view(manifest))


@pytest.mark.parametrize("kind", ["scmProvider", "pullRequest", "plugin", "clusterDecisionResource"])
def test_generators_that_ask_somebody_are_asked_each_time(kind: str) -> None:
    manifest = application_set("go", 0)
    manifest["spec"]["generators"] = [{"matrix": {"generators": [CLUSTERS, {kind: {}}]}}]
    assert not repeatable.is_repeatable(application_sets.view(manifest))
    assert repeatable.is_repeatable(application_sets.view(application_set("go", 0)))


def test_maps_that_answer_differently_have_different_digests() -> None:
    plain, text = {"labels": {"a": "b"}}, {"labels": StringMap({"a": "b"})}
    assert repeatable.digest_or_none(plain) != repeatable.digest_or_none(text)
    assert repeatable.digest_or_none({"a": 1}) != repeatable.digest_or_none({"a": 1.0})
    assert repeatable.digest_or_none({"a": object()}) is None
