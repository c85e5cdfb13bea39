"""A plan carried out step by step against a cluster in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.flow.sync import build
from tests.unit.flow.sync.build import HOOK, POLICY, SYNC_OPTIONS, WAVE, Room, change, one, planned

from dokaseca.flow.sync import execute, outcome
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, DeniedError, TransientError, UserError
from dokaseca.model.plan import OperationPhase, ResultCode

RUNNING, SUCCEEDED, FAILED = OperationPhase.RUNNING, OperationPhase.SUCCEEDED, OperationPhase.FAILED
DOWN = TransientError("no answer", reason="ClusterUnreachable")
INVALID = UserError("spec.template: field is immutable", reason="Invalid")


@pytest.fixture
def room() -> Room:
    return Room()


async def test_one_wave_without_hooks_does_not_wait_for_health(room: Room) -> None:
    report = await room.step(
        planned(change(one("Deployment", "a", spec={"replicas": 1})), change(one("ConfigMap", "b")))
    )
    assert (report.phase, report.message) == (SUCCEEDED, "successfully synced (all tasks run)")
    assert room.writes == ["create ConfigMap/b", "create Deployment/a"]


async def test_nothing_to_do_succeeds(room: Room) -> None:
    report = await room.step(planned())
    assert (report.phase, report.message) == (SUCCEEDED, "successfully synced (no more tasks)")


async def test_the_next_wave_waits_until_this_one_is_healthy(room: Room) -> None:
    tasks = planned(change(one("Deployment", "a")), change(one("ConfigMap", "b", {WAVE: "1"})))
    report = await room.step(tasks)
    assert report.phase is RUNNING
    assert report.message == "waiting for healthy state of Deployment.apps n/a"
    assert [key.name for key in report.waiting_on] == ["a"]
    assert report.retry_after_seconds == execute.REVISIT_SECONDS
    await room.step(tasks)
    assert room.writes == ["create Deployment/a"]
    room.set_status("Deployment", "a", observedGeneration=1, replicas=1, updatedReplicas=1, availableReplicas=1)
    assert (await room.step(tasks)).phase is SUCCEEDED
    assert room.writes == ["create Deployment/a", "create ConfigMap/b"]


async def test_an_object_that_becomes_degraded_fails_the_sync(room: Room) -> None:
    tasks = planned(change(one("Deployment", "a")), change(one("ConfigMap", "b", {WAVE: "1"})))
    await room.step(tasks)
    room.set_status(
        "Deployment",
        "a",
        observedGeneration=1,
        conditions=[{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}],
    )
    report = await room.step(tasks)
    assert report.phase is FAILED
    assert report.message == (
        "one or more synchronization tasks completed unsuccessfully, reason: Deployment.apps n/a failed: "
        "Deployment 'a' exceeded its progress deadline"
    )
    assert room.writes == ["create Deployment/a"]
    assert outcome.resources(report)[0]["hookPhase"] == "Failed"


async def test_a_verdict_older_than_the_write_does_not_fail_it(room: Room) -> None:
    (live,) = await room.store(one("Pod", "a", spec={"x": 1}))
    room.set_status("Pod", "a", phase="Failed")
    tasks = planned(change(one("Pod", "a", spec={"x": 2}), live), change(one("ConfigMap", "b", {WAVE: "1"})))
    assert (await room.step(tasks)).phase is RUNNING
    assert (await room.step(tasks)).phase is FAILED


async def test_an_object_deleted_while_the_sync_runs_fails_it(room: Room) -> None:
    tasks = planned(change(one("Deployment", "a")), change(one("ConfigMap", "b", {WAVE: "1"})))
    await room.step(tasks)
    room.vanish("Deployment", "a")
    report = await room.step(tasks)
    assert report.phase is FAILED
    assert "Deployment.apps n/a failed: the object was deleted while the sync was running" in report.message


async def test_one_refusal_does_not_stop_the_others_and_names_object_and_file(room: Room) -> None:
    room.refused["bad"] = DeniedError("configmaps is forbidden")
    tasks = planned(*(change(one("ConfigMap", name)) for name in ("bad", "good")), change(one("Service", "s")))
    report = await room.step(build.with_origin(tasks, "apps/bad.yaml"))
    assert report.phase is FAILED
    assert report.message == (
        "one or more objects failed to apply, reason: ConfigMap n/bad: configmaps is forbidden (apps/bad.yaml)"
    )
    assert room.codes == {"bad": "SyncFailed", "good": "Synced", "s": "Synced"}
    assert outcome.counts(report) == {"created": 2, "changed": 0, "pruned": 0, "failed": 1}


async def test_of_many_refusals_three_are_named(room: Room) -> None:
    room.refused |= {f"c{number}": DeniedError("no") for number in range(5)}
    report = await room.step(planned(*(change(one("ConfigMap", f"c{number}")) for number in range(5))))
    assert report.message.endswith("ConfigMap n/c0: no; ConfigMap n/c1: no; ConfigMap n/c2: no and 2 more")


async def test_after_a_failure_nothing_is_pruned_and_no_later_wave_runs(room: Room) -> None:
    (old,) = await room.store(one("ConfigMap", "old"))
    room.refused["bad"] = INVALID
    tasks = planned(
        change(None, old), change(one("ConfigMap", "bad")), change(one("ConfigMap", "late", {WAVE: "1"})), prune=True
    )
    assert (await room.step(tasks)).phase is FAILED
    assert room.writes == []
    assert room.codes == {"bad": "SyncFailed"}


async def test_prunes_follow_the_applies_of_their_wave(room: Room) -> None:
    (old,) = await room.store(one("ConfigMap", "old"))
    report = await room.step(planned(change(None, old), change(one("ConfigMap", "new")), prune=True))
    assert room.writes == ["create ConfigMap/new", "delete ConfigMap/old"]
    assert room.codes == {"new": "Synced", "old": "Pruned"}
    assert outcome.counts(report)["pruned"] == 1


async def test_the_next_wave_waits_until_what_was_pruned_has_gone(room: Room) -> None:
    (old,) = await room.store(one("ConfigMap", "old"))
    room.cluster.held.add("old")
    tasks = planned(change(None, old), change(one("ConfigMap", "next", {WAVE: "1"})), prune=True)
    report = await room.step(tasks)
    assert (report.phase, report.message) == (RUNNING, "waiting for deletion of ConfigMap n/old")
    assert report.retry_after_seconds == execute.SOON_SECONDS
    room.vanish("ConfigMap", "old")
    assert (await room.step(tasks)).phase is SUCCEEDED
    assert room.writes == ["create ConfigMap/next"]


async def test_a_name_that_another_object_bears_by_now_is_not_waited_for(room: Room) -> None:
    (old,) = await room.store(one("ConfigMap", "old"))
    room.vanish("ConfigMap", "old")
    await room.store(one("ConfigMap", "old"))
    tasks = planned(change(None, old), change(one("ConfigMap", "next", {WAVE: "1"})), prune=True)
    assert (await room.step(tasks)).phase is SUCCEEDED
    assert [one["metadata"]["name"] for one in room.cluster.of_kind("ConfigMap")] == ["old", "next"]


@pytest.mark.parametrize(
    ("options", "propagation"),
    [
        ([], "Foreground"),
        (["PrunePropagationPolicy=background"], "Background"),
        (["PrunePropagationPolicy=orphan"], "Orphan"),
        (["PrunePropagationPolicy=foreground"], "Foreground"),
    ],
)
async def test_pruning_propagates_as_asked(room: Room, options: list[str], propagation: str) -> None:
    (old,) = await room.store(one("ConfigMap", "old"))
    await room.step(planned(change(None, old), prune=True, options=options))
    assert room.cluster.propagations == [propagation]


async def test_what_is_not_pruned_is_told_and_does_not_fail(room: Room) -> None:
    (old,) = await room.store(one("ConfigMap", "old"))
    report = await room.step(planned(change(None, old), change(one("ConfigMap", "late", {WAVE: "1"}))))
    assert report.phase is SUCCEEDED
    assert next((one.code, one.message) for one in report.results) == (
        ResultCode.PRUNE_SKIPPED,
        "ignored (requires pruning)",
    )
    assert outcome.resources(report)[0]["status"] == "PruneSkipped"


async def test_a_prune_waits_for_its_approval(room: Room) -> None:
    (old,) = await room.store(one("ConfigMap", "old", {SYNC_OPTIONS: "Prune=confirm"}))
    tasks = planned(change(None, old), change(one("ConfigMap", "a")), prune=True)
    report = await room.step(tasks)
    assert report.phase is RUNNING
    assert report.message == (
        "waiting for approval of the pruning of ConfigMap n/old; set annotation "
        "argocd.argoproj.io/deletion-approved of the Application to the time"
    )
    assert room.writes == ["create ConfigMap/a"]
    approved = planned(change(None, old), change(one("ConfigMap", "a")), prune=True, approved_at="2026-01-01T00:00:00Z")
    assert (await room.step(approved)).phase is SUCCEEDED
    assert room.writes == ["create ConfigMap/a", "delete ConfigMap/old"]


async def test_hooks_run_in_their_phases_and_are_waited_for(room: Room) -> None:
    tasks = planned(
        change(one("Job", "pre", {HOOK: "PreSync"})),
        change(one("ConfigMap", "a")),
        change(one("Job", "post", {HOOK: "PostSync"})),
    )
    report = await room.step(tasks)
    assert (report.phase, report.message) == (RUNNING, "waiting for completion of hook Job.batch n/pre")
    assert room.writes == ["create Job/pre"]
    room.complete("pre")
    await room.step(tasks)
    assert room.writes == ["create Job/pre", "create ConfigMap/a", "create Job/post"]
    room.complete("post")
    report = await room.step(tasks)
    assert report.phase is SUCCEEDED
    assert [(one.key.name, one.hook_phase, one.message) for one in report.results if one.is_hook] == [
        ("pre", "Succeeded", "pre is over"),
        ("post", "Succeeded", "post is over"),
    ]
    assert outcome.resources(report)[0] == {
        "group": "batch",
        "version": "v1",
        "kind": "Job",
        "namespace": "n",
        "name": "pre",
        "status": "",
        "message": "pre is over",
        "syncPhase": "PreSync",
        "hookType": "PreSync",
        "hookPhase": "Succeeded",
    }


async def test_a_hook_without_a_health_rule_has_succeeded_at_once(room: Room) -> None:
    assert (await room.step(planned(change(one("ConfigMap", "h", {HOOK: "PreSync"}))))).phase is SUCCEEDED


async def test_a_hook_that_fails_ends_the_sync_before_anything_else_is_applied(room: Room) -> None:
    tasks = planned(change(one("Job", "pre", {HOOK: "PreSync"})), change(one("ConfigMap", "a")))
    await room.step(tasks)
    room.complete("pre", failed=True)
    report = await room.step(tasks)
    assert report.phase is FAILED
    assert report.message.endswith("reason: hook Job.batch n/pre failed: pre is over")
    assert room.writes == ["create Job/pre"]


async def test_a_hook_that_vanishes_has_failed(room: Room) -> None:
    tasks = planned(change(one("Job", "pre", {HOOK: "PreSync"})))
    await room.step(tasks)
    room.vanish("Job", "pre")
    report = await room.step(tasks)
    assert report.phase is FAILED
    assert "the hook vanished before its result was seen" in report.message


async def test_sync_fail_hooks_run_to_their_end_before_the_sync_has_failed(room: Room) -> None:
    room.refused["a"] = INVALID
    hook = one("Job", "alarm", {HOOK: "SyncFail", POLICY: "HookFailed"})
    tasks = planned(change(one("ConfigMap", "a")), change(hook))
    report = await room.step(tasks)
    assert (report.phase, report.message) == (RUNNING, "waiting for completion of hook Job.batch n/alarm")
    assert room.writes == ["create Job/alarm"]
    room.complete("alarm")
    report = await room.step(tasks)
    assert report.phase is FAILED
    assert "ConfigMap n/a: spec.template: field is immutable" in report.message
    assert room.writes == ["create Job/alarm", "delete Job/alarm"]


async def test_sync_fail_hooks_do_not_run_when_all_is_well(room: Room) -> None:
    tasks = planned(change(one("ConfigMap", "a")), change(one("Job", "alarm", {HOOK: "SyncFail"})))
    assert (await room.step(tasks)).phase is SUCCEEDED
    assert room.writes == ["create ConfigMap/a"]


@pytest.mark.parametrize(
    ("policy", "failed", "deleted"),
    [
        ("HookSucceeded", False, True),
        ("HookSucceeded", True, False),
        ("HookFailed", True, True),
        ("HookFailed", False, False),
        ("BeforeHookCreation", False, False),
        ("HookSucceeded,HookFailed", True, True),
    ],
)
async def test_hooks_are_removed_by_the_result_of_the_whole_sync(
    room: Room, policy: str, failed: bool, deleted: bool
) -> None:
    if failed:
        room.refused["a"] = INVALID
    tasks = planned(
        change(one("Job", "pre", {HOOK: "PreSync", POLICY: policy})),
        change(one("Job", "never", {HOOK: "PostSync", POLICY: policy})) if failed else change(one("ConfigMap", "b")),
        change(one("ConfigMap", "a")),
    )
    await room.step(tasks)
    room.complete("pre")
    report = await room.step(tasks)
    assert report.phase is (FAILED if failed else SUCCEEDED)
    assert ("delete Job/pre" in room.writes) is deleted
    assert "delete Job/never" not in room.writes


async def test_a_hook_of_an_earlier_sync_is_removed_before_it_is_created_again(room: Room) -> None:
    hook = one("Job", "pre", {HOOK: "PreSync"})
    (old,) = await room.store(hook)
    room.complete("pre")
    report = await room.step(planned(change(hook, old)))
    assert room.writes == ["delete Job/pre", "create Job/pre"]
    assert report.phase is RUNNING
    assert [one.message for one in report.results] == ["job.batch/pre created"]


async def test_an_old_hook_that_a_finalizer_holds_is_waited_for(room: Room) -> None:
    hook = one("Job", "pre", {HOOK: "PreSync"})
    (old,) = await room.store(hook)
    room.cluster.held.add("pre")
    report = await room.step(planned(change(hook, old)))
    assert (report.message, report.results) == ("waiting for deletion of Job.batch n/pre", ())
    assert (await room.step(planned(change(hook, old)))).results == ()
    room.vanish("Job", "pre")
    await room.step(planned(change(hook)))
    assert room.writes == ["create Job/pre"]


async def test_a_hook_that_keeps_its_object_is_applied_over_it(room: Room) -> None:
    hook = one("Job", "pre", {HOOK: "PreSync", POLICY: "HookSucceeded"}, spec={"x": 2})
    (old,) = await room.store(one("Job", "pre", spec={"x": 1}))
    await room.step(planned(change(hook, old)))
    assert room.writes == ["apply Job/pre"]


async def test_a_hook_that_may_not_be_removed_is_told(room: Room) -> None:
    hook = one("ConfigMap", "h", {HOOK: "PreSync", POLICY: "HookSucceeded"})
    tasks = planned(change(hook))
    await room.step(replace(tasks, tasks=()))
    room.report = build.START
    room.cluster.delete = _deny  # type: ignore[method-assign]
    report = await room.step(tasks)
    assert report.phase is SUCCEEDED
    assert report.message.endswith("; hooks that could not be removed: ConfigMap n/h: delete is forbidden")


async def _deny(*_: object, **__: object) -> None:
    raise DeniedError("delete is forbidden")


async def test_removing_a_hook_is_tried_again_when_the_cluster_does_not_answer(room: Room) -> None:
    hook = one("ConfigMap", "h", {HOOK: "PreSync", POLICY: "HookSucceeded"})
    real, room.cluster.delete = room.cluster.delete, _down  # type: ignore[method-assign]
    report = await room.step(planned(change(hook)))
    assert (report.phase, report.message) == (RUNNING, "waiting for removal of hook ConfigMap n/h")
    room.cluster.delete = real  # type: ignore[method-assign]
    assert (await room.step(planned(change(hook)))).phase is SUCCEEDED
    assert room.writes == ["create ConfigMap/h", "delete ConfigMap/h"]


async def _down(*_: object, **__: object) -> None:
    raise DOWN


async def test_a_problem_of_the_plan_stops_everything(room: Room) -> None:
    report = await room.step(planned(change(one("ConfigMap", "a", {WAVE: "x"})), change(one("ConfigMap", "b"))))
    assert report.phase is FAILED
    assert report.message.startswith(
        "nothing was applied: ConfigMap n/a: annotation argocd.argoproj.io/sync-wave is 'x'"
    )
    assert room.writes == []


async def test_a_cluster_that_does_not_answer_ends_the_call_and_loses_nothing(room: Room) -> None:
    room.refused["b"] = DOWN
    tasks = planned(change(one("ConfigMap", "a")), change(one("Secret", "b")), change(one("ServiceAccount", "0")))
    tasks = planned(change(one("Secret", "a")), change(one("ConfigMap", "b")), change(one("Service", "c")))
    report = await room.step(tasks)
    assert (report.phase, room.codes) == (RUNNING, {"a": "Synced"})
    assert report.message == "waiting for an answer of the cluster on ConfigMap n/b, Service n/c"
    with pytest.raises(TransientError, match="no answer"):
        await room.step(tasks)
    room.refused.clear()
    assert (await room.step(tasks)).phase is SUCCEEDED
    assert room.writes == ["create Secret/a", "create ConfigMap/b", "create Service/c"]


async def test_an_error_of_the_server_is_a_result(room: Room) -> None:
    room.refused["a"] = TransientError("etcd is tired", reason="InternalError")
    report = await room.step(planned(change(one("ConfigMap", "a"))))
    assert "ConfigMap n/a: etcd is tired" in report.message


async def test_what_was_applied_without_effect_is_unchanged(room: Room) -> None:
    config = one("ConfigMap", "a", data={"k": "v"})
    await room.step(planned(change(config)))
    live = room.cluster.objects[manifests.key(config)]
    room.report = build.START
    report = await room.step(planned(change(config, live)))
    assert [one.message for one in report.results] == ["configmap/a unchanged"]
    assert outcome.counts(report) == {"created": 0, "changed": 0, "pruned": 0, "failed": 0}
    room.report = build.START
    report = await room.step(planned(change({**config, "data": {"k": "w"}}, live)))
    assert [one.message for one in report.results] == ["configmap/a configured"]
    assert outcome.counts(report)["changed"] == 1


async def test_a_key_that_left_string_data_leaves_the_cluster(room: Room) -> None:
    await room.step(planned(change(one("Secret", "s", stringData={"a": "1", "b": "2"}))))
    live = room.cluster.objects[manifests.key(one("Secret", "s"))]
    assert live["data"] == {"a": "MQ==", "b": "Mg=="}
    room.report = build.START
    await room.step(planned(change(one("Secret", "s", data={"c": "Mw=="}, stringData={"a": "1"}), live)))
    assert room.cluster.objects[manifests.key(live)]["data"] == {"a": "MQ==", "c": "Mw=="}


async def test_string_data_that_is_no_text_goes_to_the_server_as_it_is(room: Room) -> None:
    await room.step(planned(change(one("Secret", "s", stringData={"a": 1}))))
    assert room.cluster.of_kind("Secret")[0]["stringData"] == {"a": 1}


async def test_replace_updates_what_is_there_and_creates_what_is_not(room: Room) -> None:
    options = {SYNC_OPTIONS: "Replace=true"}
    (live,) = await room.store(one("ConfigMap", "a", data={"old": "x"}))
    report = await room.step(
        planned(change(one("ConfigMap", "a", options, data={"k": "v"}), live), change(one("ConfigMap", "b", options)))
    )
    assert report.phase is SUCCEEDED
    assert room.writes == ["update ConfigMap/a", "create ConfigMap/b"]
    assert room.cluster.objects[manifests.key(live)]["data"] == {"k": "v"}
    assert [one.message for one in report.results] == ["configmap/a configured", "configmap/b created"]


async def test_replace_with_force_recreates(room: Room) -> None:
    (live,) = await room.store(one("ConfigMap", "a"))
    await room.step(planned(change(one("ConfigMap", "a", {SYNC_OPTIONS: "Replace=true,Force=true"}), live)))
    assert room.writes == ["delete ConfigMap/a", "create ConfigMap/a"]


@pytest.mark.parametrize("error", [INVALID, ConflictError("conflict", reason="Conflict")])
async def test_force_recreates_what_cannot_be_changed(room: Room, error: Exception) -> None:
    target = one("Job", "a", {SYNC_OPTIONS: "Force=true"}, spec={"x": 2})
    (live,) = await room.store(one("Job", "a", spec={"x": 1}))
    real = room.cluster.apply

    async def immutable(manifest: dict[str, object], **options: object) -> dict[str, object]:
        if manifests.key(manifest) in room.cluster.objects:
            raise error
        return await real(manifest, **options)

    room.cluster.apply = immutable  # type: ignore[assignment, method-assign]
    report = await room.step(planned(change(target, live)))
    assert report.phase is SUCCEEDED
    assert room.writes == ["delete Job/a", "create Job/a"]
    assert room.cluster.propagations == ["Background"]


async def test_force_waits_for_what_a_finalizer_holds(room: Room) -> None:
    target = one("Job", "a", {SYNC_OPTIONS: "Force=true"})
    (live,) = await room.store(one("Job", "a"))
    room.cluster.held.add("a")
    room.refused["a"] = INVALID
    real = room.cluster._check
    room.cluster._check = lambda manifest: real(manifest) if "kind" in manifest else None  # type: ignore[method-assign]
    report = await room.step(planned(change(target, live)))
    assert (report.phase, report.message) == (RUNNING, "waiting for deletion of Job.batch n/a")
    room.refused.clear()
    assert (await room.step(planned(change(target, live)))).phase is RUNNING
    room.vanish("Job", "a")
    assert (await room.step(planned(change(target)))).phase is SUCCEEDED
    assert room.writes == ["create Job/a"]


async def test_without_force_an_immutable_field_is_an_error(room: Room) -> None:
    (live,) = await room.store(one("Job", "a"))
    room.refused["a"] = INVALID
    assert (await room.step(planned(change(one("Job", "a"), live)))).phase is FAILED
    assert room.writes == []


async def test_the_destination_namespace_is_created_once(room: Room) -> None:
    tasks = planned(change(one("ConfigMap", "a")), options=["CreateNamespace=true"], destination_namespace="n")
    report = await room.step(tasks)
    assert room.writes == ["create Namespace/n", "create ConfigMap/a"]
    assert outcome.counts(report)["created"] == 2
    room.cluster.writes.clear()
    room.report = build.START
    report = await room.step(tasks)
    assert room.writes == []
    assert next(one.message for one in report.results) == "namespace/n unchanged"


async def test_a_managed_namespace_is_applied_each_time(room: Room) -> None:
    (live,) = await room.store(one("Namespace", "n"))
    await room.step(
        planned(
            change(one("ConfigMap", "a")),
            options=["CreateNamespace=true"],
            destination_namespace="n",
            namespace_metadata={"labels": {"team": "x"}},
        )
    )
    assert room.cluster.objects[manifests.key(live)]["metadata"]["labels"] == {"team": "x"}


async def test_an_object_waits_until_its_crd_is_established(room: Room) -> None:
    crd = one("CustomResourceDefinition", "widgets", spec={"group": "example.com", "names": {"kind": "Widget"}})
    tasks = planned(change(crd), change(one("Widget", "w")))
    report = await room.step(tasks)
    assert room.writes == ["create CustomResourceDefinition/widgets"]
    assert report.message == "waiting for establishment of CustomResourceDefinition.apiextensions.k8s.io widgets"
    assert report.retry_after_seconds == execute.SOON_SECONDS
    assert (await room.step(tasks)).phase is RUNNING
    room.set_status("CustomResourceDefinition", "widgets", conditions=[{"type": "Established", "status": "True"}])
    assert (await room.step(tasks)).phase is SUCCEEDED
    assert room.writes[-1] == "create Widget/w"


async def test_a_crd_that_nothing_here_needs_is_not_waited_for(room: Room) -> None:
    crd = one("CustomResourceDefinition", "widgets", spec={"group": "example.com", "names": {"kind": "Widget"}})
    assert (await room.step(planned(change(crd), change(one("ConfigMap", "a"))))).phase is SUCCEEDED


async def test_a_dry_run_writes_nothing_and_waits_for_nothing(room: Room) -> None:
    (old, hook) = await room.store(one("ConfigMap", "old"), one("Job", "pre"))
    crd = one("CustomResourceDefinition", "widgets", spec={"group": "example.com", "names": {"kind": "Widget"}})
    tasks = planned(
        change(None, old),
        change(one("Job", "pre", {HOOK: "PreSync", POLICY: "BeforeHookCreation,HookSucceeded"}), hook),
        change(crd),
        change(one("Widget", "w")),
        change(one("Deployment", "d", {WAVE: "1"})),
        change(one("ConfigMap", "r", {SYNC_OPTIONS: "Replace=true,Force=true"})),
        prune=True,
        dry_run=True,
        options=["CreateNamespace=true"],
        destination_namespace="n",
    )
    report = await room.step(tasks)
    assert report.phase is SUCCEEDED
    assert room.writes == []
    assert room.codes["old"] == "Pruned" and room.codes["d"] == "Synced"


async def test_a_dry_run_that_fails_runs_no_hook(room: Room) -> None:
    room.refused["a"] = INVALID
    tasks = planned(change(one("ConfigMap", "a")), change(one("Job", "alarm", {HOOK: "SyncFail"})), dry_run=True)
    assert (await room.step(tasks)).phase is FAILED
    assert room.writes == []


async def test_a_finished_step_is_not_done_again_by_a_resumed_operation(room: Room) -> None:
    tasks = planned(change(one("Deployment", "a")), change(one("ConfigMap", "b", {WAVE: "1"})))
    await room.step(tasks)
    room.cluster.writes.clear()
    for _ in range(3):
        await room.step(tasks)
    assert room.writes == []


async def test_many_objects_are_written_in_order_of_their_kinds(room: Room) -> None:
    changes = [change(one(kind, f"x{number:02}")) for kind in ("Service", "Secret") for number in range(20)]
    await room.step(planned(*changes))
    kinds = [write.split()[1].split("/")[0] for write in room.writes]
    assert kinds == ["Secret"] * 20 + ["Service"] * 20


async def test_an_identity_kept_in_memory_is_read_in_full(room: Room) -> None:
    crd = one("CustomResourceDefinition", "w", spec={"group": "example.com", "names": {"kind": "Other"}})
    tasks = planned(change(crd), change(one("ConfigMap", "b", {WAVE: "1"})))
    identities = {"apiVersion": crd["apiVersion"], "kind": crd["kind"], "metadata": crd["metadata"]}
    doors = execute.Doors(
        room.cluster, lambda _: identities, build.assess.assess, lambda: build.datetime.now(build.UTC)
    )
    report = await execute.step(tasks, build.START, doors)
    assert report.message == "waiting for healthy state of CustomResourceDefinition.apiextensions.k8s.io w"
