"""The order of a sync."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.flow.sync.build import HOOK, SYNC_OPTIONS, WAVE, change, one, planned

from dokaseca.flow.sync import order
from dokaseca.model.plan import SyncPlan, Task


def _names(tasks: SyncPlan) -> list[str]:
    return [f"{'-' if task.is_prune else ''}{task.key.kind}/{task.key.name}" for task in tasks.tasks]


def test_kinds_come_in_the_order_of_argo_cd() -> None:
    shuffled = list(order.KINDS)
    random.Random(1).shuffle(shuffled)
    tasks = planned(*(change(one(kind, "same")) for kind in ("Zebra", *shuffled)))
    kinds = [task.key.kind for task in tasks.tasks]
    assert kinds == [*order.KINDS, "Zebra"]


def test_waves_come_before_kinds_and_names_last() -> None:
    tasks = planned(
        change(one("Namespace", "z", {WAVE: "1"})),
        change(one("Deployment", "b", {WAVE: "-1"})),
        change(one("Deployment", "a", {WAVE: "-1"})),
        change(one("ConfigMap", "c")),
    )
    assert _names(tasks) == ["Deployment/a", "Deployment/b", "ConfigMap/c", "Namespace/z"]


@pytest.mark.parametrize(
    ("annotations", "wave"),
    [
        ({}, 0),
        ({WAVE: "-5"}, -5),
        ({WAVE: "+5"}, 5),
        ({"helm.sh/hook-weight": "7"}, 7),
        ({WAVE: "1", "helm.sh/hook-weight": "7"}, 1),
        ({WAVE: "abc", "helm.sh/hook-weight": "7"}, 7),
        ({WAVE: "--5"}, 0),
        ({WAVE: "²"}, 0),
        ({WAVE: "1.5"}, 0),
        ({WAVE: "9" * 30}, 0),
        ({WAVE: ""}, 0),
    ],
)
def test_a_wave_is_read(annotations: dict[str, str], wave: int) -> None:
    assert order.wave(one("ConfigMap", "a", annotations)) == wave


def test_a_namespace_goes_right_before_the_first_object_in_it() -> None:
    tasks = planned(
        change(one("Namespace", "n", {WAVE: "5"})),
        change(one("ConfigMap", "a")),
        change(one("ClusterRole", "b", {WAVE: "-1"})),
    )
    assert _names(tasks) == ["ClusterRole/b", "Namespace/n", "ConfigMap/a"]
    assert tasks.tasks[1].step == tasks.tasks[2].step


def test_a_crd_goes_before_the_hook_that_needs_it() -> None:
    crd = one("CustomResourceDefinition", "widgets", spec={"group": "example.com", "names": {"kind": "Widget"}})
    tasks = planned(change(crd), change(one("Widget", "w", {HOOK: "PreSync"})), change(one("ConfigMap", "a")))
    assert _names(tasks) == ["CustomResourceDefinition/widgets", "Widget/w", "ConfigMap/a"]
    assert tasks.tasks[0].phase.value == "PreSync"


def test_a_namespace_is_not_moved_for_an_object_that_goes() -> None:
    tasks = planned(change(one("Namespace", "n", {WAVE: "5"})), change(None, one("ConfigMap", "old")), prune=True)
    assert _names(tasks) == ["-ConfigMap/old", "Namespace/n"]


def test_phases_come_in_order() -> None:
    tasks = planned(
        change(one("Job", "fail", {HOOK: "SyncFail"})),
        change(one("Job", "post", {HOOK: "PostSync", WAVE: "-9"})),
        change(one("Job", "pre", {HOOK: "PreSync", WAVE: "9"})),
        change(one("ConfigMap", "a")),
    )
    assert [task.key.name for task in tasks.tasks] == ["pre", "a", "post", "fail"]


def test_prune_waves_are_mirrored() -> None:
    lives = [one("ConfigMap", f"w{wave}", {WAVE: str(wave)}) for wave in (-1, 0, 7)]
    tasks = planned(*(change(None, live) for live in lives), prune=True)
    assert [(task.key.name, task.wave) for task in tasks.tasks] == [("w7", -1), ("w0", 0), ("w-1", 7)]


def test_within_a_step_prunes_come_last() -> None:
    tasks = planned(change(None, one("ConfigMap", "a")), change(one("Deployment", "b")), prune=True)
    assert _names(tasks) == ["Deployment/b", "-ConfigMap/a"]


@pytest.mark.parametrize("options", [{"options": ["PruneLast=true"]}, {}])
def test_prune_last_goes_after_the_last_wave_of_the_sync(options: dict[str, Any]) -> None:
    own = {} if options else {SYNC_OPTIONS: "PruneLast=true"}
    tasks = planned(
        change(None, one("ConfigMap", "old", own)),
        change(one("ConfigMap", "a", {WAVE: "3"})),
        change(one("Job", "post", {HOOK: "PostSync", WAVE: "8"})),
        prune=True,
        **options,
    )
    assert [(task.key.name, task.wave) for task in tasks.tasks] == [("a", 3), ("old", 4), ("post", 8)]


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["Namespace", "ConfigMap", "Deployment", "Widget", "CustomResourceDefinition", "Job"]),
        st.sampled_from(["a", "b", "n"]),
        st.sampled_from(["-1", "0", "2"]),
        st.sampled_from(["", "PreSync", "PostSync"]),
        st.booleans(),
    ),
    max_size=10,
    unique_by=lambda item: item[:2],
)


@given(CHANGES, st.randoms())
def test_the_order_is_total_and_stable_and_steps_ascend(items: list[Any], chance: random.Random) -> None:
    crd = {"spec": {"group": "example.com", "names": {"kind": "Widget"}}}
    changes = []
    for kind, name, wave, hook, goes in items:
        annotations = {WAVE: wave} | ({HOOK: hook} if hook and not goes else {})
        manifest = one(kind, name, annotations, **(crd if kind == "CustomResourceDefinition" else {}))
        changes.append(change(None, manifest) if goes else change(manifest))
    tasks = planned(*changes, prune=True).tasks
    assert sorted(_identity(task) for task in tasks) == sorted(_expected(items))
    assert [task.step for task in tasks] == sorted(task.step for task in tasks)
    for place, task in enumerate(tasks):
        needs_namespace = [one.key.name for one in tasks[place:] if one.key.kind == "Namespace" and not one.is_prune]
        assert task.is_prune or task.key.namespace not in needs_namespace
    chance.shuffle(changes)
    assert planned(*changes, prune=True).tasks == tasks


def _identity(task: Task) -> tuple[str, str, bool]:
    return task.key.kind, task.key.name, task.is_prune


def _expected(items: list[Any]) -> list[tuple[str, str, bool]]:
    return [(kind, name, goes) for kind, name, _, _, goes in items]
