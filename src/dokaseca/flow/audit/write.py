"""Appends a record to the trail: durable, or the pass fails."""

from __future__ import annotations

from dokaseca.flow.audit import chain, redact
from dokaseca.flow.audit.record import Record
from dokaseca.model.errors import ConflictError, TransientError
from dokaseca.ports.audit_sink import AuditSink

TRIES = 16  # how often another process may come first: each time one record more is in the trail


def append(sink: AuditSink, record: Record) -> None:
    """Chain `record` to the newest one and write it.

    Raises:
        TransientError: it could not be written.
        IntegrityError: the trail is damaged: nothing may be chained to it.
    """
    body = redact.cleaned(record).as_json()
    for _ in range(TRIES):
        try:
            sink.append(chain.link(body, sink.last_digest()))
        except ConflictError:
            continue
        return
    raise TransientError(
        f"the audit trail was written to by others {TRIES} times in a row; try again", reason="AuditUnavailable"
    )
