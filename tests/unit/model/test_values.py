"""Small values: names, manifests, changes, health, errors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dokaseca.model import errors, manifest
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.health import Health
from dokaseca.model.identity import GroupKind, GroupVersionKind, NamespacedName, ObjectKey
from dokaseca.model.plan import Phase, SyncPlan, Task

KEY = ObjectKey("apps", "Deployment", "n", "web")
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (GroupKind("", "Pod"), "Pod"),
        (GroupKind("apps", "Deployment"), "Deployment.apps"),
        (KEY, "Deployment.apps n/web"),
        (ObjectKey("", "Namespace", "", "n"), "Namespace n"),
        (NamespacedName("argocd", "web"), "argocd/web"),
    ],
)
def test_names_for_people(value: Any, text: str) -> None:
    assert str(value) == text


def test_kinds_of_a_version() -> None:
    assert GroupVersionKind("apps", "v1", "Deployment").api_version == "apps/v1"
    assert GroupVersionKind("", "v1", "Pod").api_version == "v1"
    assert GroupVersionKind("apps", "v1", "Deployment").group_kind == KEY.group_kind == GroupKind("apps", "Deployment")


def test_a_manifest_is_asked() -> None:
    one = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "n",
            "uid": "u",
            "resourceVersion": "7",
            "labels": {"a": "b"},
            "annotations": {"c": "d"},
            "deletionTimestamp": "2026-01-01T00:00:00Z",
        },
    }
    assert (manifest.key(one), manifest.gvk(one)) == (KEY, GroupVersionKind("apps", "v1", "Deployment"))
    assert (manifest.uid(one), manifest.resource_version(one)) == ("u", "7")
    assert (manifest.labels(one), manifest.annotations(one)) == ({"a": "b"}, {"c": "d"})
    assert manifest.is_deleting(one)


@given(st.dictionaries(st.sampled_from(["apiVersion", "kind", "metadata"]), ANYTHING))
def test_any_manifest_can_be_asked(one: dict[str, Any]) -> None:
    assert isinstance(manifest.key(one), ObjectKey)
    assert isinstance(manifest.labels(one), dict) and isinstance(manifest.annotations(one), dict)
    assert isinstance(manifest.uid(one), str) and isinstance(manifest.is_deleting(one), bool)


@given(ANYTHING, st.lists(st.sampled_from(["a", "b", 0, -1, 5]), max_size=4))
def test_a_path_that_leads_nowhere_gives_the_default(value: Any, path: list[str | int]) -> None:
    missing = object()
    found = manifest.get(value, *path, default=missing)
    try:
        expected = value
        for step in path:
            if not isinstance(expected, dict if isinstance(step, str) else list):
                raise TypeError
            expected = expected[step]
    except (TypeError, KeyError, IndexError):
        expected = None
    assert found is (missing if expected is None else expected)


def _change(status: SyncStatus, *, counts: bool = True) -> Change:
    return Change(KEY, "v1", None, None, status, counts=counts)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ([], SyncStatus.SYNCED),
        ([_change(SyncStatus.SYNCED)], SyncStatus.SYNCED),
        ([_change(SyncStatus.SYNCED), _change(SyncStatus.OUT_OF_SYNC)], SyncStatus.OUT_OF_SYNC),
        ([_change(SyncStatus.UNKNOWN), _change(SyncStatus.OUT_OF_SYNC)], SyncStatus.UNKNOWN),
        ([_change(SyncStatus.OUT_OF_SYNC, counts=False)], SyncStatus.SYNCED),
    ],
)
def test_a_set_is_as_bad_as_its_worst_counting_object(found: list[Change], status: SyncStatus) -> None:
    assert ChangeSet(tuple(found)).status is status


def test_health_is_ordered_as_argo_cd_orders_it() -> None:
    names = ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"]
    assert [one.value for one in sorted(Health, key=lambda one: one.severity)] == names


def test_phases_are_ordered_and_steps_counted() -> None:
    assert [one.value for one in sorted(Phase, key=lambda one: one.rank)] == ["PreSync", "Sync", "PostSync", "SyncFail"]
    tasks = [Task(Phase.SYNC, 0, KEY, {}, None), Task(Phase.SYNC, 0, KEY, {}, None, is_hook=True)]
    assert not SyncPlan(tuple(tasks)).is_multi_step
    assert SyncPlan((*tasks, Task(Phase.SYNC, 1, KEY, None, {}))).is_multi_step


def _subclasses(kind: type[errors.DokaSecaError]) -> list[type[errors.DokaSecaError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _subclasses(child))]


TREE = [one for one in _subclasses(errors.DokaSecaError) if one.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", [one for one in TREE if one is not errors.WaitingError])
def test_an_error_says_what_it_is_about(kind: type[errors.DokaSecaError]) -> None:
    error = kind("it broke; mend it", subject="Pod n/a")
    assert str(error) == "Pod n/a: it broke; mend it"
    assert error.reason == kind.default_reason != ""
    assert str(kind("it broke", reason="Odd")) == "it broke"
    assert kind("it broke", reason="Odd").reason == "Odd"


def test_waiting_tells_for_how_long() -> None:
    error = errors.WaitingError("not yet", retry_after_seconds=5.0)
    assert (error.retry_after_seconds, error.reason) == (5.0, "Waiting")


def test_a_position_is_read_as_editors_read_it() -> None:
    assert str(errors.Position("a.yaml", 3, 7)) == "a.yaml:3:7"
