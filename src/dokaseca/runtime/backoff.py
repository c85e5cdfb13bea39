"""How long to wait before the next try."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential: `first_seconds * factor ** attempt`, never over `limit_seconds`."""

    first_seconds: float = 0.2
    factor: float = 2.0
    limit_seconds: float = 30.0

    def delay_seconds(self, attempt: int) -> float:
        """The wait after failure number `attempt` (0 is the first)."""
        if attempt > 64:  # beyond this the power overflows nothing useful: the limit has long been reached
            return self.limit_seconds
        return min(self.limit_seconds, self.first_seconds * self.factor**attempt)
