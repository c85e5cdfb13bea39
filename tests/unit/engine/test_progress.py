"""How far an operation is, read back from its status."""

from __future__ import annotations

from dokaseca.engine import progress
from dokaseca.flow.sync import outcome
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.identity import ObjectKey
from dokaseca.model.plan import OperationPhase, Phase, ResultCode, SyncReport, TaskResult

A, JOB = ObjectKey("", "ConfigMap", "team", "a"), ObjectKey("batch", "Job", "team", "pre")
RESULTS = (
    TaskResult(
        Phase.PRE_SYNC, JOB, "v1", ResultCode.SYNCED, "job.batch/pre created", is_hook=True, hook_phase="Running"
    ),
    TaskResult(Phase.SYNC, A, "v1", ResultCode.SYNCED, "configmap/a configured", existed=True),
    TaskResult(Phase.SYNC, A._replace(name="b"), "v1", ResultCode.PRUNED, "pruned"),
)
REPORT = SyncReport(OperationPhase.RUNNING, "", RESULTS)


def test_what_was_written_is_read_back() -> None:
    restored = progress.restored({"syncResult": {"resources": outcome.resources(REPORT)}})
    known = [(one.phase, one.key, one.version, one.code, one.message, one.is_hook) for one in restored.results]
    assert known == [(one.phase, one.key, one.version, one.code, one.message, one.is_hook) for one in RESULTS]
    assert restored.results[0].hook_phase == "Running"
    assert [one.existed for one in restored.results] == [False, True, False]
    assert restored.phase is OperationPhase.RUNNING


def test_an_operation_that_has_done_nothing_is_empty() -> None:
    assert progress.restored({}).results == progress.restored({"syncResult": {"revision": "a"}}).results == ()


def test_entries_that_say_nothing_known_are_left_out() -> None:
    strange = [{"kind": "ConfigMap", "name": "a", "status": "Odd", "syncPhase": "Sync"}, {"status": "Synced"}]
    assert progress.restored({"syncResult": {"resources": strange}}).results == ()


def test_what_the_operation_has_brought_in_sync_stays_part_of_it() -> None:
    other = A._replace(name="other")
    changes = ChangeSet(tuple(Change(key, "v1", {}, {}, SyncStatus.SYNCED) for key in (A, other)))
    begun = progress.as_begun(changes, REPORT)
    assert [one.status for one in begun.changes] == [SyncStatus.OUT_OF_SYNC, SyncStatus.SYNCED]


def test_an_object_that_went_bad_is_still_bad_and_a_refused_one_refused() -> None:
    bad = TaskResult(Phase.SYNC, A, "v1", ResultCode.SYNCED, "it crashes", hook_phase="Failed")
    refused = TaskResult(Phase.SYNC, A, "v1", ResultCode.SYNC_FAILED, "no")
    unchanged = TaskResult(Phase.SYNC, A, "v1", ResultCode.SYNCED, "configmap/a unchanged", existed=True, changed=False)
    report = SyncReport(OperationPhase.RUNNING, "", (bad, refused, unchanged))
    assert progress.restored({"syncResult": {"resources": outcome.resources(report)}}) == report
