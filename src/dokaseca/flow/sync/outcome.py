"""Reports as Argo CD's status fields. Pure (B1, B9)."""

from __future__ import annotations

from typing import Any

from dokaseca.model.plan import ResultCode, SyncReport, TaskResult


def resources(report: SyncReport) -> list[dict[str, Any]]:
    """`operationState.syncResult.resources`: one entry per task, in order."""
    return [_entry(result) for result in report.results]


def counts(report: SyncReport) -> dict[str, int]:
    """How many objects were created, changed (an existing one became another), pruned and refused."""
    synced = [result for result in report.results if result.code is ResultCode.SYNCED]
    return {
        "created": sum(not result.existed for result in synced),
        "changed": sum(result.existed and result.changed for result in synced),
        "pruned": sum(result.code is ResultCode.PRUNED for result in report.results),
        "failed": sum(result.code is ResultCode.SYNC_FAILED for result in report.results),
    }


def _entry(result: TaskResult) -> dict[str, Any]:
    key = result.key
    entry = {
        "group": key.group,
        "version": result.version,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "status": "" if result.is_hook else result.code.value,
        "message": result.message,
        "syncPhase": result.phase.value,
    }
    if result.is_hook:
        entry |= {"hookType": result.phase.value, "hookPhase": result.hook_phase}
    else:
        entry["hookPhase"] = "Failed" if result.is_failed else "Running"
    return entry
