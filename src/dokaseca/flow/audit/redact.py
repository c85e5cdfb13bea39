"""What must not stand in a trail is taken out before it is written. Pure."""

from __future__ import annotations

from dataclasses import replace

from dokaseca.flow.audit.record import Record
from dokaseca.kit import redact

MESSAGE_CHARACTERS = 2_000  # a reason, not a log


def cleaned(record: Record) -> Record:
    """The record without credentials, its message cut to a bounded length."""
    message = redact.text(record.message)
    if len(message) > MESSAGE_CHARACTERS:
        message = message[:MESSAGE_CHARACTERS] + " ..."
    return replace(record, message=message, subject=redact.text(record.subject))
