"""From differences and a request to tasks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.flow.sync.build import HOOK, POLICY, SYNC_OPTIONS, WAVE, change, one, planned

from dokaseca.flow.sync import options, plan, prune
from dokaseca.model.application import view
from dokaseca.model.change import ChangeSet
from dokaseca.model.plan import SyncRequest


@pytest.mark.parametrize(
    ("own", "application", "requested", "reason"),
    [
        ("", [], True, ""),
        ("", [], False, "ignored (requires pruning)"),
        ("Prune=false", [], True, "ignored (no prune)"),
        ("", ["Prune=false"], True, "ignored (no prune)"),
        ("Prune=true", ["Prune=false"], True, ""),
        ("Prune=true,Prune=false", [], True, "ignored (no prune)"),
        ("Prune=False", [], True, "ignored (sync option 'Prune=False' is not understood; write Prune=true or"),
    ],
)
def test_what_is_pruned(own: str, application: list[str], requested: bool, reason: str) -> None:
    live = one("ConfigMap", "a", {SYNC_OPTIONS: own})
    (task,) = planned(change(None, live), prune=requested, options=application).tasks
    assert task.is_prune
    assert task.skip_reason.startswith(reason) and bool(task.skip_reason) is bool(reason)


def test_helm_keeps_an_object() -> None:
    (task,) = planned(change(None, one("ConfigMap", "a", {"helm.sh/resource-policy": "keep"})), prune=True).tasks
    assert task.skip_reason == "ignored (helm.sh/resource-policy: keep)"


@pytest.mark.parametrize(
    ("approved_at", "waits"),
    [("", True), ("2026-01-01T00:00:00Z", False), ("2025-12-31T23:59:59Z", True), ("yesterday", True)],
)
def test_a_prune_that_wants_confirmation_waits_for_a_newer_approval(approved_at: str, waits: bool) -> None:
    changes = ChangeSet((change(None, one("ConfigMap", "a", {SYNC_OPTIONS: "Prune=confirm"})),))
    request = SyncRequest(prune=True, approved_at=approved_at)
    (task,) = plan.plan(changes, request, started_at_seconds=1767225600).tasks
    assert (task.needs_approval, task.skip_reason) == (waits, "")


@pytest.mark.parametrize(
    ("own", "application", "kept"),
    [
        ("", [], False),
        ("Delete=false", [], True),
        ("", ["Delete=false"], True),
        ("Delete=true", ["Delete=false"], False),
        ("Delete=confirm", ["Delete=false"], False),
    ],
)
def test_what_survives_its_application(own: str, application: list[str], kept: bool) -> None:
    live = one("ConfigMap", "a", {SYNC_OPTIONS: own})
    assert prune.is_kept_on_delete(live, frozenset(application)) is kept


def test_a_claim_that_helm_keeps_survives_its_application() -> None:
    assert prune.is_kept_on_delete(one("PersistentVolumeClaim", "a", {"helm.sh/resource-policy": "keep"}))


def test_only_drifted_objects_are_applied_when_asked_for() -> None:
    changes = [
        change(one("ConfigMap", "drifted")),
        change(one("ConfigMap", "synced"), synced=True),
        change(one("ConfigMap", "always", {SYNC_OPTIONS: "ApplyOutOfSyncOnly=false"}), synced=True),
        change(one("Job", "hook", {HOOK: "PreSync"}), synced=True),
    ]
    names = [task.key.name for task in planned(*changes, options=["ApplyOutOfSyncOnly=true"]).tasks]
    assert names == ["hook", "always", "drifted"]
    assert len(planned(*changes).tasks) == 4


def test_a_partial_sync_takes_only_what_it_names() -> None:
    changes = [change(one("ConfigMap", "a")), change(one("Secret", "a")), change(None, one("ConfigMap", "old"))]
    resources = (("", "ConfigMap", "", "a"), ("", "Secret", "other", "a"), ("", "ConfigMap", "n", "old"))
    names = [(task.key.kind, task.key.name) for task in planned(*changes, resources=resources).tasks]
    assert names == [("ConfigMap", "a"), ("ConfigMap", "old")]


def test_the_destination_namespace_is_made_first_and_bears_no_tracking() -> None:
    tasks = planned(
        change(one("ConfigMap", "a", {WAVE: "-3"})), options=["CreateNamespace=true"], destination_namespace="n"
    ).tasks
    assert [task.key.kind for task in tasks] == ["Namespace", "ConfigMap"]
    assert tasks[0].target == {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    assert (tasks[0].wave, tasks[0].only_if_absent) == (-3, True)


def test_a_namespace_with_managed_metadata_is_always_applied() -> None:
    tasks = planned(
        change(one("ConfigMap", "a")),
        options=["CreateNamespace=true"],
        destination_namespace="n",
        namespace_metadata={"labels": {"team": "x"}, "annotations": None},
    ).tasks
    assert tasks[0].target["metadata"] == {"name": "n", "labels": {"team": "x"}}
    assert not tasks[0].only_if_absent


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ([change(one("ConfigMap", "a")), change(one("Namespace", "n"))], {"options": ["CreateNamespace=true"]}),
        ([change(None, one("ConfigMap", "a"))], {"options": ["CreateNamespace=true"], "prune": True}),
        ([change(one("ConfigMap", "a"))], {}),
    ],
)
def test_no_namespace_is_added_that_is_there_not_needed_or_not_asked_for(changes: Any, asked: dict[str, Any]) -> None:
    tasks = planned(*changes, destination_namespace="n", **asked).tasks
    assert [task for task in tasks if task.only_if_absent] == []
    assert len(tasks) == len(changes)


@pytest.mark.parametrize(
    ("annotations", "problem"),
    [
        (
            {WAVE: "first"},
            "annotation argocd.argoproj.io/sync-wave is 'first', not a whole number; write for example \"-1\"",
        ),
        ({"helm.sh/hook-weight": "1.5"}, "annotation helm.sh/hook-weight is '1.5', not a whole number"),
        (
            {SYNC_OPTIONS: "Prune=flase"},
            "sync option 'Prune=flase' is not understood; write Prune=true or Prune=false or",
        ),
        ({SYNC_OPTIONS: "Replace"}, "sync option 'Replace' is not understood; write Replace=true or Replace=false"),
        ({HOOK: "PreSynk"}, "annotation argocd.argoproj.io/hook says 'PreSynk', which is none of PreSync, Sync,"),
        (
            {HOOK: "Sync", POLICY: "Never"},
            "annotation argocd.argoproj.io/hook-delete-policy says 'Never', which is none of",
        ),
    ],
)
def test_an_annotation_that_does_not_parse_stops_the_plan_and_says_where(
    annotations: dict[str, str], problem: str
) -> None:
    bad = change(one("ConfigMap", "a", annotations))
    found = plan.plan(ChangeSet((bad,)), SyncRequest(), origins={bad.key: "apps/a.yaml"}).problems
    assert len(found) == 1
    assert found[0].startswith(f"ConfigMap n/a (apps/a.yaml): {problem}")


def test_a_wrong_option_of_the_application_stops_the_plan() -> None:
    assert planned(options=["PrunePropagationPolicy=slow"]).problems == (
        "Application: sync option 'PrunePropagationPolicy=slow' is not understood; write "
        "PrunePropagationPolicy=foreground or PrunePropagationPolicy=background or PrunePropagationPolicy=orphan",
    )


def test_options_of_another_name_are_let_be() -> None:
    assert planned(change(one("ConfigMap", "a", {SYNC_OPTIONS: "FromTheFuture=yes"}))).problems == ()


def test_what_is_not_selected_stops_nothing() -> None:
    changes = [change(one("ConfigMap", "a", {WAVE: "x"})), change(one("ConfigMap", "b"))]
    assert planned(*changes, resources=(("", "ConfigMap", "", "b"),)).problems == ()


@pytest.mark.parametrize(
    ("own", "application", "on"),
    [
        ("", [], False),
        ("Replace=true", [], True),
        ("", ["Replace=true"], True),
        ("Replace=false", ["Replace=true"], False),
    ],
)
def test_an_objects_own_word_beats_the_applications(own: str, application: list[str], on: bool) -> None:
    assert options.is_on(one("ConfigMap", "a", {SYNC_OPTIONS: own}), "Replace", frozenset(application)) is on


def test_lists_are_trimmed_and_their_repetitions_dropped() -> None:
    manifest = one("ConfigMap", "a", {SYNC_OPTIONS: " Prune=false ,, Force=true,Prune=false"})
    assert options.listed(manifest, SYNC_OPTIONS) == ("Prune=false", "Force=true")
    assert options.listed(None, SYNC_OPTIONS) == ()


def test_a_request_is_read_from_an_operation() -> None:
    application = view(
        {
            "metadata": {
                "namespace": "argocd",
                "name": "a",
                "annotations": {"argocd.argoproj.io/deletion-approved": "2026-01-01T00:00:00Z"},
            },
            "spec": {
                "source": {"repoURL": "https://x.test/r", "path": "."},
                "destination": {"name": "in-cluster", "namespace": "n"},
                "syncPolicy": {
                    "syncOptions": ["CreateNamespace=true"],
                    "managedNamespaceMetadata": {"labels": {"a": "b"}},
                },
            },
        }
    )
    read = SyncRequest.read(
        {
            "prune": True,
            "dryRun": True,
            "syncStrategy": {"apply": {}},
            "resources": [{"group": "apps", "kind": "Deployment", "name": "d"}],
        },
        application,
    )
    assert read == SyncRequest(
        prune=True,
        dry_run=True,
        apply_only=True,
        options=frozenset({"CreateNamespace=true"}),
        resources=(("apps", "Deployment", "", "d"),),
        destination_namespace="n",
        namespace_metadata={"labels": {"a": "b"}},
        approved_at="2026-01-01T00:00:00Z",
    )
    assert SyncRequest.read({"syncOptions": []}, application).options == frozenset()
