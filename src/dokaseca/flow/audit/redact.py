"""What must not stand in a trail is taken out before it is written. Pure."""

from __future__ import annotations

from dataclasses import replace

from dokaseca.flow.audit.record import Record
from dokaseca.kit import redact

MESSAGE_CHARACTERS = 2_000  # a reason, not a log
NAME_CHARACTERS = 1_000  # of an actor, a subject, a revision: twice the longest that Kubernetes allows
REVISIONS = 100  # sources of one Application


def cleaned(record: Record) -> Record:
    """The record without credentials and without what JSON cannot hold, every text cut to a bounded length."""
    return replace(
        record,
        actor=_short(record.actor, NAME_CHARACTERS),
        verb=_short(record.verb, NAME_CHARACTERS),
        subject=_short(record.subject, NAME_CHARACTERS),
        revisions=tuple(_short(one, NAME_CHARACTERS) for one in record.revisions[:REVISIONS]),
        outcome=_short(record.outcome, NAME_CHARACTERS),
        message=_short(record.message, MESSAGE_CHARACTERS),
    )


def _short(text: str, characters: int) -> str:
    """Masked first, so that a cut never leaves half a credential that no pattern knows any more."""
    text = redact.text(text.encode(errors="replace").decode())
    return text if len(text) <= characters else text[:characters] + " ..."
