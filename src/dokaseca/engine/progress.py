"""How far an operation is, read back from its status, so that a new process goes on where the old one stood. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.identity import ObjectKey
from dokaseca.model.plan import OperationPhase, Phase, ResultCode, SyncReport, TaskResult


def restored(state: Mapping[str, Any]) -> SyncReport:
    """What the `operationState` of a running operation says was done; entries of another make are left out.

    What was done after the last status was written is done again: applying twice changes nothing.
    """
    entries = (state.get("syncResult") or {}).get("resources") or ()
    results = tuple(result for one in entries if (result := _result_or_none(one)) is not None)
    return SyncReport(OperationPhase.RUNNING, "", results)


def as_begun(changes: ChangeSet, report: SyncReport) -> ChangeSet:
    """The changes as the operation found them: what it has brought in sync itself still belongs to its plan."""
    begun = {result.key for result in report.results}
    return ChangeSet(tuple(_begun(change, begun) for change in changes.changes))


def _begun(change: Change, begun: Collection[ObjectKey]) -> Change:
    if change.key in begun and change.status is SyncStatus.SYNCED and not change.hook:
        return replace(change, status=SyncStatus.OUT_OF_SYNC)
    return change


def _result_or_none(entry: Mapping[str, Any]) -> TaskResult | None:
    key = ObjectKey(*(str(entry.get(part) or "") for part in ("group", "kind", "namespace", "name")))
    is_hook, hook_phase, message = bool(entry.get("hookType")), entry.get("hookPhase"), str(entry.get("message") or "")
    try:
        code = ResultCode(str(entry.get("status") or ResultCode.SYNCED))
        phase = Phase(str(entry.get("syncPhase")))
    except ValueError:
        return None
    return TaskResult(
        phase,
        key,
        str(entry.get("version") or ""),
        code,
        message,
        is_hook=is_hook,
        existed=message.endswith((" configured", " unchanged")),
        hook_phase=str(hook_phase or "") if is_hook or _went_bad(code, hook_phase) else "",
        changed=not message.endswith(" unchanged"),
    )


def _went_bad(code: ResultCode, hook_phase: Any) -> bool:
    """Whether an object was written well and became unhealthy afterwards."""
    return code is not ResultCode.SYNC_FAILED and hook_phase == "Failed"
