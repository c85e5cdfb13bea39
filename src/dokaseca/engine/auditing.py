"""Audit for one Application: a record before an operation touches the cluster, and one when it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokaseca.engine import underway
from dokaseca.engine.context import Context
from dokaseca.engine.result import Advance
from dokaseca.flow.audit import write as trail
from dokaseca.flow.audit.record import Record
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application


def begin(application: Application, state: Mapping[str, Any], context: Context) -> None:
    """Append a record of an operation that is about to start.

    Raises:
        TransientError: the trail cannot be written: the operation must not start.
    """
    _append(application, state, {}, context)


def superseded(application: Application, state: Mapping[str, Any], context: Context) -> None:
    """Append a record of an operation that ends because another one takes its place.

    Raises:
        TransientError: as `begin`.
    """
    message = f"superseded; it said: {state.get('message') or 'nothing'}"
    _append(application, {**state, "phase": "Failed", "message": message}, {}, context)


def write(application: Application, operation: Advance, context: Context) -> None:
    """Append a record when the pass ended an operation.

    Raises:
        TransientError: the trail cannot be written: the operation is then not reported as ended.
    """
    if operation.finished and operation.state is not None:
        _append(application, operation.state, operation.counts, context)


def _append(application: Application, state: Mapping[str, Any], counts: Mapping[str, int], context: Context) -> None:
    initiated = manifests.get(state, "operation", "initiatedBy", default={})
    trail.append(
        context.audit,
        Record(
            time=context.clock.now(),
            actor=str(initiated.get("username") or ("automated" if initiated.get("automated") else "unknown")),
            verb="sync",
            subject=f"Application {application.key}",
            revisions=tuple(underway.synced_revisions(application, state.get("syncResult") or {})),
            outcome=str(state.get("phase") or ""),
            message=str(state.get("message") or ""),
            counts=counts,
        ),
    )
