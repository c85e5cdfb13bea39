"""Audit for one Application: a record for every operation that ended."""

from __future__ import annotations

from dokaseca.engine import underway
from dokaseca.engine.context import Context
from dokaseca.engine.result import Advance
from dokaseca.flow.audit import write as trail
from dokaseca.flow.audit.record import Record
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application


def write(application: Application, operation: Advance, context: Context) -> None:
    """Append a record when the pass ended an operation.

    Raises:
        TransientError: the trail cannot be written: the operation is then not reported as ended.
    """
    if not operation.finished or operation.state is None:
        return
    initiated = manifests.get(operation.state, "operation", "initiatedBy", default={})
    trail.append(
        context.audit,
        Record(
            time=context.clock.now(),
            actor=str(initiated.get("username") or ("automated" if initiated.get("automated") else "unknown")),
            verb="sync",
            subject=f"Application {application.key}",
            revisions=tuple(underway.synced_revisions(application, operation.state.get("syncResult") or {})),
            outcome=str(operation.state.get("phase") or ""),
            message=str(operation.state.get("message") or ""),
            counts=operation.counts,
        ),
    )
