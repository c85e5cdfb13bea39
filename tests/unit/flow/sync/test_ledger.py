"""Results found by task, and counted."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.flow.sync.build import START

from dokaseca.flow.sync.ledger import Ledger
from dokaseca.model.identity import ObjectKey
from dokaseca.model.plan import Phase, ResultCode, TaskResult

DONE = TaskResult(Phase.SYNC, ObjectKey("", "ConfigMap", "n", "a"), "v1", ResultCode.SYNCED)
OTHER = replace(DONE, key=DONE.key._replace(name="b"))


def test_a_later_result_takes_the_place_of_the_earlier_one_and_keeps_the_order() -> None:
    ledger = Ledger(replace(START, results=(DONE, OTHER)))
    ledger.add([replace(DONE, hook_phase="Failed")])
    assert [(one.key.name, one.hook_phase) for one in ledger.report().results] == [("a", "Failed"), ("b", "")]
    assert (ledger.failed, ledger.refused) == (1, 0)
    ledger.add([DONE])
    assert ledger.failed == 0


def test_failures_of_what_runs_after_a_failure_do_not_count_as_one() -> None:
    ledger = Ledger(START)
    ledger.add([replace(DONE, phase=Phase.SYNC_FAIL, hook_phase="Failed")])
    assert ledger.failed == 0
    ledger.add([replace(DONE, code=ResultCode.SYNC_FAILED)])
    assert (ledger.failed, ledger.refused) == (1, 1)


def test_what_has_not_been_done_has_no_result() -> None:
    assert Ledger(START).get_or_none(DONE.place) is None
    assert Ledger(replace(START, results=(DONE,))).get_or_none(DONE.place) == DONE
