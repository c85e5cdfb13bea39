"""Hooks of Argo CD and of Helm."""

from __future__ import annotations

import pytest
from tests.unit.flow.sync.build import HOOK, POLICY, WAVE, change, one, planned

from dokaseca.flow.sync import hooks, plan
from dokaseca.model.change import ChangeSet
from dokaseca.model.plan import Phase, SyncRequest

HELM = "helm.sh/hook"


@pytest.mark.parametrize(
    ("annotations", "types"),
    [
        ({}, ()),
        ({HOOK: "PreSync"}, ("PreSync",)),
        ({HOOK: "PreSync, PostSync,,PreSync"}, ("PreSync", "PostSync")),
        ({HELM: "pre-install,pre-upgrade"}, ("PreSync",)),
        ({HELM: "post-install,post-upgrade,post-delete"}, ("PostSync", "PostDelete")),
        ({HELM: "pre-delete"}, ("PreDelete",)),
        ({HELM: "test"}, ("Skip",)),
        ({HELM: "test-success,pre-rollback"}, ("Skip",)),
        ({HELM: "crd-install"}, ()),
        ({HOOK: "Sync", HELM: "pre-install"}, ("Sync",)),
        ({HOOK: "", HELM: "post-install"}, ("PostSync",)),
    ],
)
def test_hook_types(annotations: dict[str, str], types: tuple[str, ...]) -> None:
    manifest = one("Job", "a", annotations)
    assert hooks.types(manifest) == types
    assert hooks.is_hook(manifest) is bool(types)


@pytest.mark.parametrize(
    ("annotations", "policies"),
    [
        ({}, {"BeforeHookCreation"}),
        ({POLICY: "HookSucceeded"}, {"HookSucceeded"}),
        ({POLICY: "HookSucceeded,HookFailed"}, {"HookSucceeded", "HookFailed"}),
        ({POLICY: "HookSucceded"}, {"BeforeHookCreation"}),
        ({"helm.sh/hook-delete-policy": "before-hook-creation,hook-failed"}, {"BeforeHookCreation", "HookFailed"}),
        ({"helm.sh/hook-delete-policy": "nonsense"}, {"BeforeHookCreation"}),
        ({POLICY: "HookFailed", "helm.sh/hook-delete-policy": "hook-succeeded"}, {"HookSucceeded", "HookFailed"}),
    ],
)
def test_delete_policies(annotations: dict[str, str], policies: set[str]) -> None:
    assert hooks.delete_policies(one("Job", "a", annotations)) == policies


def test_deletion_hooks_and_skipped_objects_run_in_no_phase_of_a_sync() -> None:
    for value in ("PreDelete", "PostDelete", "Skip"):
        assert planned(change(one("Job", "a", {HOOK: value}))).tasks == ()


def test_skip_counts_only_alone() -> None:
    (task,) = planned(change(one("Job", "a", {HOOK: "Skip,PreSync"}))).tasks
    assert task.phase is Phase.PRE_SYNC


def test_a_hook_of_several_phases_is_a_task_in_each() -> None:
    tasks = planned(change(one("Job", "a", {HOOK: "PreSync,PostSync", WAVE: "3"}))).tasks
    assert [(task.phase, task.wave, task.is_hook) for task in tasks] == [
        (Phase.PRE_SYNC, 3, True),
        (Phase.POST_SYNC, 3, True),
    ]


@pytest.mark.parametrize(
    "request_", [SyncRequest(apply_only=True), SyncRequest(resources=(("", "ConfigMap", "", "c"),))]
)
def test_hooks_do_not_run_in_a_partial_sync_or_with_strategy_apply(request_: SyncRequest) -> None:
    changes = ChangeSet((change(one("Job", "a", {HOOK: "PreSync"})), change(one("ConfigMap", "c"))))
    assert [task.key.name for task in plan.plan(changes, request_).tasks] == ["c"]


def test_a_hook_with_a_generated_name_is_named_after_revision_phase_and_start() -> None:
    hook = one("Job", "x", {HOOK: "PreSync,PostSync"})
    hook["metadata"] = {"generateName": "migrate-", "namespace": "n", "annotations": {HOOK: "PreSync,PostSync"}}
    tasks = plan.plan(
        ChangeSet((change(hook),)), SyncRequest(), revision="0123456789abcdef", started_at_seconds=1700000000
    ).tasks
    assert [task.key.name for task in tasks] == [
        "migrate-0123456-presync-1700000000",
        "migrate-0123456-postsync-1700000000",
    ]
    assert all("generateName" not in (task.target or {})["metadata"] for task in tasks)
    assert "generateName" in hook["metadata"]
