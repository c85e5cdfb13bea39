"""Appends a record to the trail: durable, or the pass fails."""

from __future__ import annotations

from dokaseca.flow.audit import chain, redact
from dokaseca.flow.audit.record import Record
from dokaseca.ports.audit_sink import AuditSink


def append(sink: AuditSink, record: Record) -> None:
    """Chain `record` to the newest one and write it.

    Raises:
        TransientError: it could not be written.
    """
    sink.append(chain.link(redact.cleaned(record).as_json(), sink.last_digest()))
