"""An Application's status as Argo CD writes it."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dokaseca.controllers import application_status
from dokaseca.engine.destinations import Registration
from dokaseca.engine.result import Advance, Judgement, Pass
from dokaseca.engine.targets import Targets
from dokaseca.flow.render.request import ResolvedSource
from dokaseca.kit.clock import rfc3339
from dokaseca.model import application as applications
from dokaseca.model.application import Application
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.condition import Condition
from dokaseca.model.health import Health, Verdict
from dokaseca.model.identity import ObjectKey
from dokaseca.model.rendered import RenderedSet

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SOURCE = {"repoURL": "https://git/repo", "path": "app", "targetRevision": "main"}
TRACKING = "argocd.argoproj.io/tracking-id"


def application(status: Any = None, **spec: Any) -> Application:
    return applications.view(
        {
            "metadata": {"name": "web", "namespace": "argocd"},
            "spec": {"source": SOURCE, "destination": {"name": "in-cluster"}, **spec},
            "status": status or {},
        }
    )


def change(kind: str = "ConfigMap", name: str = "a", live: Any = None, **fields: Any) -> Change:
    group = "apps" if kind == "Deployment" else ""
    manifest = {
        "apiVersion": "apps/v1" if group else "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "team"},
    }
    status = fields.pop("status", SyncStatus.SYNCED)
    return Change(ObjectKey(group, kind, "team", name), "v1", manifest, {**manifest, **(live or {})}, status, **fields)


def passed(*changes: Change, operation: Advance | None = None, **fields: Any) -> Pass:
    found: dict[str, Any] = {
        "destination": Registration("in-cluster", "https://kubernetes.default.svc", None),
        "sources": (ResolvedSource(SOURCE, "a" * 40, None, None),),
        "rendered": RenderedSet((), "", ("Directory",)),
        "targets": Targets({}, frozenset(), frozenset(), {}),
        "changes": ChangeSet(changes),
        "operation": operation or Advance(None),
        "health": Judgement(Verdict(Health.HEALTHY)),
    }
    return Pass(**(found | fields))


def pods(*images: str, init: str = "") -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"image": image} for image in images]}
    return {**spec, "initContainers": [{"image": init}]} if init else spec


def test_a_pass_that_finds_the_same_writes_the_same() -> None:
    found = passed(change("Deployment", live={"spec": {"template": {"spec": pods("nginx:1")}}}))
    first = application_status.of_pass(application(), found, NOW)
    second = application_status.of_pass(application(copy.deepcopy(first)), found, LATER)
    assert second == first
    assert first["reconciledAt"] == rfc3339(NOW)


@pytest.mark.parametrize(
    ("refresh", "revision", "moves"), [("", "a" * 40, False), ("normal", "a" * 40, True), ("", "b" * 40, True)]
)
def test_reconciled_at_moves_with_the_comparison_and_with_a_refresh(refresh: str, revision: str, moves: bool) -> None:
    status = application_status.of_pass(application(), passed(), NOW)
    view = application(status)
    if refresh:
        view.manifest["metadata"]["annotations"] = {applications.REFRESH_ANNOTATION: refresh}
    again = passed(sources=(ResolvedSource(SOURCE, revision, None, None),))
    assert (application_status.of_pass(view, again, LATER)["reconciledAt"] == rfc3339(LATER)) is moves


def test_health_keeps_the_time_of_its_last_change() -> None:
    degraded = Judgement(Verdict(Health.DEGRADED, "Caused by Pod:team/a"))
    first = application_status.of_pass(application(), passed(health=degraded), NOW)
    assert first["health"] == {
        "status": "Degraded",
        "message": "Caused by Pod:team/a",
        "lastTransitionTime": rfc3339(NOW),
    }
    other = Judgement(Verdict(Health.DEGRADED, "Caused by Pod:team/b"))
    second = application_status.of_pass(application(first), passed(health=other), LATER)
    assert second["health"] == {**first["health"], "message": "Caused by Pod:team/b"}
    third = application_status.of_pass(application(second), passed(), LATER)
    assert third["health"] == {"status": "Healthy", "lastTransitionTime": rfc3339(LATER)}


def test_every_object_is_one_line_without_what_says_nothing() -> None:
    wave = {"metadata": {"name": "b", "annotations": {"argocd.argoproj.io/sync-wave": "3"}}}
    confirm = {"argocd.argoproj.io/sync-options": "Prune=true, Delete=confirm"}
    pruned = Change(
        ObjectKey("", "ConfigMap", "team", "c"),
        "v1",
        None,
        {"metadata": {"annotations": confirm}},
        SyncStatus.OUT_OF_SYNC,
        requires_pruning=True,
    )
    waved = Change(ObjectKey("", "Namespace", "", "b"), "v1", wave, None, SyncStatus.OUT_OF_SYNC)
    judged = Judgement(Verdict(Health.HEALTHY), {change().key: Verdict(Health.PROGRESSING, "soon")})
    found = passed(change(), waved, pruned, change(name="hook", hook=True), health=judged)
    assert application_status.of_pass(application(), found, NOW)["resources"] == [
        {
            "version": "v1",
            "kind": "ConfigMap",
            "namespace": "team",
            "name": "a",
            "status": "Synced",
            "health": {"status": "Progressing", "message": "soon"},
        },
        {"version": "v1", "kind": "Namespace", "name": "b", "status": "OutOfSync", "syncWave": 3},
        {
            "version": "v1",
            "kind": "ConfigMap",
            "namespace": "team",
            "name": "c",
            "status": "OutOfSync",
            "requiresPruning": True,
            "requiresDeletionConfirmation": True,
        },
    ]


def test_the_summary_names_images_and_addresses() -> None:
    template = {"template": {"spec": pods("web:1", init="init:1")}}
    found = passed(
        change("Deployment", live={"spec": template}),
        change("CronJob", live={"spec": {"jobTemplate": {"spec": {"template": {"spec": pods("cron:1")}}}}}),
        change("Pod", live={"spec": pods("pod:1", "web:1")}),
        change("Ingress", live={"spec": {"rules": [{"host": "example.com"}, {}]}}),
    )
    assert application_status.of_pass(application(), found, NOW)["summary"] == {
        "images": ["cron:1", "init:1", "pod:1", "web:1"],
        "externalURLs": ["http://example.com/"],
    }


def test_history_counts_on_and_is_cut() -> None:
    entry = {"revision": "b", "deployedAt": rfc3339(NOW)}
    found = passed(operation=Advance({"phase": "Succeeded"}, finished=True, history=entry))
    before = [{"id": 3, "revision": "x"}, {"id": 4, "revision": "y"}]
    view = application({"history": before}, revisionHistoryLimit=2)
    assert application_status.of_pass(view, found, NOW)["history"] == [before[1], {**entry, "id": 5}]
    assert application_status.of_pass(application(), found, NOW)["history"] == [{**entry, "id": 0}]
    none = application_status.of_pass(application(revisionHistoryLimit=0), found, NOW)
    assert "history" not in none


@pytest.mark.parametrize(
    ("new", "phase"), [("Running", "Terminating"), ("Succeeded", "Succeeded"), ("Failed", "Failed")]
)
def test_a_termination_that_was_asked_for_meanwhile_is_not_lost(new: str, phase: str) -> None:
    view = application({"operationState": {"phase": "Terminating"}})
    found = passed(operation=Advance({"phase": new}, acted=True))
    assert application_status.of_pass(view, found, NOW)["operationState"]["phase"] == phase


def test_conditions_keep_their_time_while_they_say_the_same() -> None:
    key = change().key
    targets = Targets({}, frozenset(), frozenset(), {key: 3})
    tracked = {"metadata": {"name": "a", "namespace": "team", "annotations": {TRACKING: "shop:/ConfigMap:team/a"}}}
    found = passed(change(live=tracked), targets=targets, operation=Advance(None, sync_error="it failed"))
    first = application_status.of_pass(application(), found, NOW)
    assert first["conditions"] == [
        {"type": type_, "message": message, "lastTransitionTime": rfc3339(NOW)}
        for type_, message in (
            ("RepeatedResourceWarning", "Resource ConfigMap team/a appeared 3 times among application resources."),
            ("SharedResourceWarning", "ConfigMap/a is part of applications argocd/web and shop"),
            ("SyncError", "it failed"),
        )
    ]
    second = application_status.of_pass(application(first), found, LATER)
    assert second["conditions"] == first["conditions"]
    assert "conditions" not in application_status.of_pass(application(second), passed(), LATER)


def test_an_error_keeps_what_was_known_and_is_unknown() -> None:
    known = application_status.of_pass(application(), passed(change()), NOW)
    condition = Condition("ComparisonError", "the path is gone")
    after = application_status.of_error(application(known).manifest, condition, LATER)
    assert after["sync"] == {**known["sync"], "status": "Unknown"}
    assert {**after, "sync": {}, "conditions": []} == {**known, "sync": {}, "conditions": []}
    assert after["conditions"] == [
        {"type": "ComparisonError", "message": "the path is gone", "lastTransitionTime": rfc3339(LATER)}
    ]
    fresh = application_status.of_error(application().manifest, condition, NOW)
    assert (fresh["sync"], fresh["health"]["status"]) == ({"status": "Unknown"}, "Unknown")


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        ({"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:07Z"}, 7),
        ({"startedAt": "2026-01-01T00:00:00Z"}, 0),
        ({"startedAt": "yesterday", "finishedAt": "2026-01-01T00:00:07Z"}, 0),
    ],
)
def test_durations(state: dict[str, str], seconds: float) -> None:
    assert application_status.duration_seconds(state) == seconds


def test_a_status_too_large_to_be_stored_says_so_and_stays_the_same() -> None:
    found = passed(*(change(name=f"c{number:05}") for number in range(15_000)))
    first = application_status.of_pass(application(), found, NOW)
    assert len(first["resources"]) < 15_000
    (condition,) = first["conditions"]
    assert condition["type"] == "TruncatedStatusWarning"
    assert condition["message"] == (
        f"the status leaves out {15_000 - len(first['resources'])} objects: with all it would be too large to be "
        "stored; split the Application up"
    )
    second = application_status.of_pass(application(copy.deepcopy(first)), found, LATER)
    assert second == first
    assert "conditions" not in application_status.of_pass(application(first), passed(change()), LATER)


def test_what_an_operation_may_touch_is_recorded_within_bounds() -> None:
    touched = [{"version": "v1", "kind": "ConfigMap", "name": "c" * 200, "status": "OutOfSync"}] * 9_000
    state = {"phase": "Running", "operation": {"sync": {}}}
    begun = application_status.of_begin(application({"sync": {"status": "Synced"}}).manifest, state, touched)
    assert (begun["operationState"], begun["sync"]) == (state, {"status": "Synced"})
    assert 100 < len(begun["resources"]) < 9_000
    assert application_status.of_begin(application().manifest, state, touched[:9])["resources"] == touched[:9]
