"""The one answer of every policy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or not, and one sentence why not."""

    allowed: bool
    reason: str = ""


ALLOWED = Decision(True)
