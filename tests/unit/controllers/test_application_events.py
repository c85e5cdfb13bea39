"""Which Applications an event concerns, and which changes ask for a pass."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dokaseca.controllers import application_events
from dokaseca.controllers.application_events import Index
from dokaseca.kit import json_merge
from dokaseca.model.identity import NamespacedName

KEY = NamespacedName("argocd", "web")
REFRESH = "argocd.argoproj.io/refresh"
ASKED = {"sync": {"prune": True}}
APPLICATION: dict[str, Any] = {
    "metadata": {"name": "web", "namespace": "argocd", "annotations": {"mine": "1"}},
    "spec": {
        "project": "green",
        "source": {"repoURL": "https://git/repo", "path": "app"},
        "destination": {"server": "https://prod/", "namespace": "team"},
    },
    "status": {"operationState": {"phase": "Succeeded", "operation": ASKED}},
}


def changed(patch: dict[str, Any], base: dict[str, Any] = APPLICATION) -> dict[str, Any]:
    return dict(json_merge.apply(copy.deepcopy(base), patch))


@pytest.mark.parametrize(
    ("patch", "concerns"),
    [
        ({"spec": {"source": {"path": "new"}}}, True),
        ({"metadata": {"annotations": {"argocd.argoproj.io/deletion-approved": "now"}}}, True),
        ({"metadata": {"deletionTimestamp": "now"}}, True),
        ({"metadata": {"finalizers": ["f"]}}, True),
        ({"metadata": {"annotations": {REFRESH: "normal"}}}, True),
        ({"operation": ASKED}, True),
        ({"status": {"operationState": {"phase": "Terminating"}}}, True),
        ({"status": {"sync": {"status": "Synced"}}}, False),
        ({"status": {"operationState": {"phase": "Running"}}}, False),
        ({"metadata": {"resourceVersion": "2", "generation": 3, "managedFields": []}}, False),
        (
            {"operation": {"sync": {}}, "status": {"operationState": {"phase": "Running", "operation": {"sync": {}}}}},
            True,
        ),
    ],
)
def test_what_asks_for_a_pass(patch: dict[str, Any], concerns: bool) -> None:
    assert application_events.concerns_engine(APPLICATION, changed(patch)) is concerns


def test_an_operation_that_we_begin_ourselves_asks_for_none() -> None:
    begun = changed({"operation": ASKED, "status": {"operationState": {"phase": "Running"}}})
    assert not application_events.concerns_engine(APPLICATION, begun)


def test_the_end_of_an_operation_asks_for_one() -> None:
    running = changed({"operation": ASKED, "status": {"operationState": {"phase": "Running"}}})
    assert application_events.concerns_engine(running, APPLICATION)


def test_an_annotation_that_we_take_off_ourselves_asks_for_none() -> None:
    asked = changed({"metadata": {"annotations": {REFRESH: "hard"}}})
    assert not application_events.concerns_engine(asked, APPLICATION)
    assert application_events.concerns_engine(changed({"metadata": {"annotations": {REFRESH: "normal"}}}), asked)


def test_a_new_and_a_deleted_application_ask_for_one() -> None:
    assert application_events.concerns_engine(None, APPLICATION)
    assert application_events.concerns_engine(APPLICATION, None)


def test_the_index_follows_an_application() -> None:
    index = Index()
    index.replace(KEY, None, APPLICATION)
    assert index.by_repository == {"https://git/repo": {KEY}}
    assert index.by_project == {"green": {KEY}}
    assert index.by_cluster == {"server:https://prod": {KEY}}
    moved = changed({"spec": {"project": "", "destination": {"server": None, "name": "prod"}}})
    index.replace(KEY, APPLICATION, moved)
    assert index.by_project == {"default": {KEY}}
    assert index.by_cluster == {"name:prod": {KEY}}
    index.replace(KEY, moved, None)
    assert index == Index()


def test_the_index_keeps_what_others_use() -> None:
    index, other = Index(), NamespacedName("argocd", "other")
    index.replace(KEY, None, APPLICATION)
    index.replace(other, None, APPLICATION)
    index.replace(KEY, APPLICATION, None)
    assert index.by_repository == {"https://git/repo": {other}}


def test_git_repositories_are_followed_and_chart_repositories_are_not() -> None:
    sources = [{"repoURL": "https://git/one", "path": "a"}, {"repoURL": "https://charts", "chart": "c"}, "nonsense", {}]
    many = changed({"spec": {"sources": sources}})
    assert application_events.repositories(many) == {"https://git/one"}
    assert application_events.repositories({"spec": {"source": sources[1]}}) == frozenset()
    assert application_events.repositories({}) == frozenset()
