"""One line of the trail. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dokaseca.kit.clock import rfc3339


@dataclass(frozen=True, slots=True)
class Record:
    """What happened.

    Attributes:
        actor: who asked: a user, or `automated`.
        verb: `sync`, `delete` ...
        subject: `Application argocd/name`.
        revisions: commits or chart versions, one per source.
        outcome: the operation's phase.
        counts: objects per effect.
    """

    time: datetime
    actor: str
    verb: str
    subject: str
    revisions: tuple[str, ...]
    outcome: str
    message: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The record as a JSON object, without its place in the chain."""
        return {
            "time": rfc3339(self.time),
            "actor": self.actor,
            "verb": self.verb,
            "subject": self.subject,
            "revisions": list(self.revisions),
            "outcome": self.outcome,
            "message": self.message,
            "counts": dict(self.counts),
        }
