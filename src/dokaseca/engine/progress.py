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


def with_origins(report: SyncReport, origins: Mapping[ObjectKey, str]) -> SyncReport:
    """The report with the file or template added to what the cluster refused."""
    message, results = report.message, []
    for result in report.results:
        origin = origins.get(result.key)
        if result.code is ResultCode.SYNC_FAILED and origin and not result.message.endswith(f"({origin})"):
            told = f"{result.message} ({origin})"
            message = message.replace(f"{result.key}: {result.message}", f"{result.key}: {told}")
            results.append(replace(result, message=told))
        else:
            results.append(result)
    return replace(report, message=message, results=tuple(results))


def _begun(change: Change, begun: Collection[ObjectKey]) -> Change:
    if change.key in begun and change.status is SyncStatus.SYNCED and not change.hook:
        return replace(change, status=SyncStatus.OUT_OF_SYNC)
    return change


def _result_or_none(entry: Mapping[str, Any]) -> TaskResult | None:
    key = ObjectKey(*(str(entry.get(part) or "") for part in ("group", "kind", "namespace", "name")))
    hook_phase = str(entry.get("hookPhase") or "") if entry.get("hookType") else ""
    try:
        code = ResultCode.SYNCED if entry.get("hookType") else ResultCode(str(entry.get("status")))
        phase = Phase(str(entry.get("syncPhase")))
    except ValueError:
        return None
    return TaskResult(
        phase,
        key,
        str(entry.get("version") or ""),
        code,
        str(entry.get("message") or ""),
        is_hook=bool(entry.get("hookType")),
        existed="configured" in str(entry.get("message")),
        hook_phase=hook_phase,
    )
