"""Time comes in through a `Clock`, so that tests run under virtual time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the rest of the house asks for the time."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...

    def monotonic_seconds(self) -> float:
        """A clock that never goes back, for durations."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        return time.monotonic()


@dataclass(slots=True)
class FakeClock:
    """A clock that moves only when told to; `tests` use it."""

    time: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    elapsed_seconds: float = 0.0

    def now(self) -> datetime:
        return self.time

    def monotonic_seconds(self) -> float:
        return self.elapsed_seconds

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`."""
        self.time += timedelta(seconds=seconds)
        self.elapsed_seconds += seconds


def rfc3339(moment: datetime) -> str:
    """`moment` as Kubernetes' metav1.Time prints it: whole seconds, UTC, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> datetime:
    """The aware UTC time that `text` (RFC 3339, with or without fraction) stands for.

    Raises:
        ValueError: `text` is not a time or carries no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without an offset: {text!r}")
    return moment.astimezone(UTC)
