"""Targets paired with live objects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.unit.flow.diff import objects

from dokaseca.flow.diff import compare
from dokaseca.model import manifest as manifests
from dokaseca.model.change import Change, SyncStatus

OPTIONS = compare.CompareOptions()


def _config(name: str, annotations: dict[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "n", "annotations": annotations or {}, **metadata},
    }


def _compare(targets: list[dict[str, Any]], lives: list[dict[str, Any]]) -> list[Change]:
    by_key = {manifests.key(one): one for one in targets}
    return list(compare.compare(by_key, {manifests.key(one): one for one in lives}, OPTIONS).changes)


def test_changes_come_sorted_by_key() -> None:
    changes = _compare([_config("b"), _config("c")], [_config("a"), _config("c")])
    assert [change.key.name for change in changes] == ["a", "b", "c"]


def test_a_target_without_live_is_out_of_sync() -> None:
    (change,) = _compare([_config("a")], [])
    assert (change.status, change.requires_pruning, change.counts) == (SyncStatus.OUT_OF_SYNC, False, True)


def test_a_live_object_without_target_requires_pruning() -> None:
    (change,) = _compare([], [_config("a")])
    assert (change.status, change.requires_pruning, change.counts) == (SyncStatus.OUT_OF_SYNC, True, True)
    assert change.version == "v1"


def test_an_extraneous_object_that_is_to_be_ignored_does_not_decide() -> None:
    ignored = _config("a", {"argocd.argoproj.io/compare-options": "ServerSideDiff=true, IgnoreExtraneous"})
    by_key = {manifests.key(ignored): ignored}
    changes = compare.compare({}, by_key, OPTIONS)
    assert changes.changes[0].status is SyncStatus.OUT_OF_SYNC
    assert changes.status is SyncStatus.SYNCED


def test_an_object_on_its_way_out_does_not_decide() -> None:
    (change,) = _compare([], [_config("a", deletionTimestamp="2026-01-01T00:00:00Z")])
    assert not change.counts


@pytest.mark.parametrize(
    ("annotations", "is_hook"),
    [
        ({"argocd.argoproj.io/hook": "PreSync"}, True),
        ({"argocd.argoproj.io/hook": "Skip"}, True),
        ({"argocd.argoproj.io/hook": " , "}, False),
        ({"helm.sh/hook": "pre-install,pre-upgrade"}, True),
        ({"helm.sh/hook": "test"}, True),
        ({"helm.sh/hook": "crd-install"}, False),
        ({"helm.sh/hook": ""}, False),
        ({}, False),
    ],
)
def test_hooks_never_decide_on_either_side(annotations: dict[str, str], is_hook: bool) -> None:
    for changes in (_compare([_config("a", annotations)], []), _compare([], [_config("a", annotations)])):
        assert changes[0].hook is is_hook
        assert changes[0].counts is not is_hook
        assert (changes[0].status is SyncStatus.SYNCED) is is_hook


def test_of_many_differences_the_first_fifty_are_kept() -> None:
    target = _config("a") | {"data": {f"k{number:03}": "x" for number in range(200)}}
    (change,) = _compare([target], [_config("a") | {"data": {"other": "x"}}])
    assert len(change.paths) == compare.PATHS_KEPT
    assert change.paths[0] == "/data/k000"


@given(objects.manifests())
def test_an_object_equals_itself(target: dict[str, Any]) -> None:
    assert compare.differences(target, target, OPTIONS) == ()


@given(objects.manifests())
def test_what_a_server_adds_is_never_drift(target: dict[str, Any]) -> None:
    assert compare.differences(target, objects.completed(target), OPTIONS) == ()


@given(objects.manifests(), objects.manifests())
def test_comparing_is_deterministic_and_changes_nothing(target: dict[str, Any], live: dict[str, Any]) -> None:
    before = repr((target, live))
    first = compare.differences(target, live, OPTIONS)
    assert compare.differences(target, live, OPTIONS) == first
    assert repr((target, live)) == before
    assert list(first) == sorted(set(first))
