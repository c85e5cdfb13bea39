"""Random ApplicationSets over random clusters, trees and forges: they give Applications or an error of ours.

Whatever is wrong where, nothing else is raised, nothing hangs, the same input gives the same again, a selector on the
parameters only ever takes away, and what was generated can be planned.

Run: `python -m fuzz.generators --seconds 60`.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from fuzz import application_sets as shapes
from fuzz import support
from fuzz.application_sets import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.cluster import FakeCluster
from tests.fakes.forges import world as worlds
from tests.fakes.generate_tree import FilesGit
from tests.fakes.plugins import FakePlugins
from tests.fakes.scm import FakeScm

from dokaseca.generate import expand, planning
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.forge_inputs import ForgeInputs, ForgeRules
from dokaseca.generate.generators.context import Inputs
from dokaseca.generate.hub_inputs import HubInputs
from dokaseca.generate.reconcile_plan import Surroundings
from dokaseca.kit.clock import FakeClock
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, TransientError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

TIMEOUT_SECONDS = 10.0
DECISION = GroupVersionKind("example.com", "v1", "Placement")


def _inputs(world: World) -> Inputs:
    placement = {
        "apiVersion": DECISION.api_version,
        "kind": DECISION.kind,
        "metadata": {"name": "placement", "namespace": "argocd"},
        "status": {"clusters": world.decisions},
    }
    config = {"apiVersion": "example.com/v1", "kind": "placements", "matchKey": "clusterName"}
    hub = FakeCluster([DECISION, GroupVersionKind("", "v1", "ConfigMap"), GroupVersionKind("", "v1", "Secret")])
    part_of = {"app.kubernetes.io/part-of": "argocd"}
    for one in (
        placement,
        _core("ConfigMap", "decisions", config),
        _core("ConfigMap", "plugin", {"baseUrl": "http://plugin.test", "token": "$token:token"}),
        {**_core("Secret", "token", {"token": "dG9rZW4="}), "metadata": {**_named("token"), "labels": part_of}},
    ):
        hub.objects[manifests.key(one)] = one
    forge = worlds.example()
    for repository in forge.repos:
        repository.labels = (*repository.labels, *world.labels)
    scm = FakeScm(forge)
    if world.forge_fails:
        scm.failure = TransientError("no answer", reason="ForgeSlow")
    return Inputs(
        world.clusters,
        FilesGit({shapes.URL: world.files}).tree,
        FakeClock(),
        new_git_file_globbing=world.new_globbing,
        forges=ForgeInputs(scm, hub.get, ForgeRules()),
        hub=HubInputs(hub, FakePlugins({"http://plugin.test": world.answers})),
    )


def _core(kind: str, name: str, data: dict[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": _named(name), "data": data}


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": "argocd"}


@contextmanager
def in_time() -> Iterator[None]:
    """Fail after `TIMEOUT_SECONDS` of work, wherever it hangs; waiting does not count, a busy machine neither."""

    def stop(_number: int, _frame: Any) -> None:
        raise AssertionError(f"it takes more than {TIMEOUT_SECONDS} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, TIMEOUT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def expanded_or_error(application_set: Manifest, world: World) -> tuple[list[Manifest] | None, str]:
    """(what is generated, "") or (None, the error of ours)."""

    async def run() -> list[Manifest]:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return list((await expand.expand(copy.deepcopy(application_set), _inputs(world))).applications)

    with in_time():
        try:
            return asyncio.run(run()), ""
        except GenerationError as error:
            assert str(error), application_set
            return None, str(error)


def _check_shape(applications: list[Manifest]) -> None:
    """They are Applications of the set's namespace that can be written as JSON."""
    orjson.dumps(applications)
    for one in applications:
        assert one["kind"] == "Application", one
        assert one["metadata"]["namespace"] == "argocd", one
        assert isinstance(one["spec"], dict), one


def _check_plan(application_set: Manifest, applications: list[Manifest], world: World) -> None:
    """They are planned or refused; and once they are written, nothing is left to do."""
    view = application_sets.view(application_set)
    around = Surroundings(["default", "a"], world.clusters)
    try:
        first = planning.plan(view, applications, [], around, "2026-01-01T00:00:00Z").plan
        second = planning.plan(view, applications, first.create, around, "2026-01-01T00:00:00Z").plan
    except DokaSecaError as error:
        assert str(error), application_set
        return
    assert not second.create, (application_set, second)
    assert not second.update, (application_set, second)
    assert not second.delete, (application_set, second)


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(shapes.cases())
def any_set_generates_or_is_refused(case: tuple[Manifest, World]) -> None:
    application_set, world = case
    found, error = expanded_or_error(application_set, world)
    assert (found, error) == expanded_or_error(application_set, world)
    if found is not None:
        _check_shape(found)
        _check_plan(application_set, found, world)


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(shapes.cases(), shapes.SELECTORS)
def a_selector_only_takes_away(case: tuple[Manifest, World], selector: dict[str, Any]) -> None:
    application_set, world = case
    found, _ = expanded_or_error(application_set, world)
    if found is None:
        return
    narrowed = copy.deepcopy(application_set)
    for entry in narrowed["spec"].get("generators") or []:
        if entry.get("selector") is None:
            entry["selector"] = selector
    left, error = expanded_or_error(narrowed, world)
    if left is None:
        assert "error parsing label selector" in error, (narrowed, error)
        return
    rest = iter(found)
    assert all(any(one == other for other in rest) for one in left), (narrowed, left, found)


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(shapes.VALUES, min_size=1, max_size=3), st.booleans())
def any_values_are_refused_or_generated(values: list[Any], is_go: bool) -> None:
    """Each of `values` as the whole of every field that a set has."""
    fields = ["generators", "template", "templatePatch", "syncPolicy", "goTemplateOptions", "preservedFields"]
    for name, value in itertools.product(fields, values):
        spec = {
            "generators": [{"list": {"elements": [{"name": "a"}]}}],
            "template": {},
            "goTemplate": is_go,
            name: value,
        }
        expanded_or_error(shapes.application_set(spec), World())


LAWS = (any_set_generates_or_is_refused, a_selector_only_takes_away, any_values_are_refused_or_generated)

if __name__ == "__main__":
    support.main("generators", LAWS)
