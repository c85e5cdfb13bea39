"""What a live object's state means, and how verdicts add up (Argo CD's severity order)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """Health codes, best to worst."""

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"

    @property
    def severity(self) -> int:
        """0 is best; Unknown is worst, so that what nobody listed never passes for healthy."""
        return list(Health).index(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One object's health and one sentence why (empty when healthy)."""

    status: Health
    message: str = ""
