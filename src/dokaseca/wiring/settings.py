"""What a caller may choose, and what it is told while the platform comes up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dokaseca.wiring.overview import UpOutcome

TIMEOUT_SECONDS = 300.0  # ten times what the example platform takes on two slow cores


@dataclass(frozen=True, slots=True)
class HubChoice:
    """Where the hub is.

    Attributes:
        provider: `dock`, `envtest` or `kubeconfig`; empty for what the platform has had, `dock` when it is new.
        kubeconfig, context: of provider `kubeconfig`; None and empty for what the platform has had, the user's own and
            its current one when it is new.
    """

    provider: str = ""
    kubeconfig: Path | None = None
    context: str = ""


@dataclass(frozen=True, slots=True)
class UpOptions:
    """How to bring a platform up.

    Attributes:
        folder: where it lives.
        platform_file: taken over into the folder; None uses the folder's own, or the default.
        once: stop as soon as everything is Synced and Healthy.
        timeout_seconds: how long convergence may take.
        hub: where the hub is.
    """

    folder: Path
    platform_file: Path | None = None
    once: bool = False
    timeout_seconds: float = TIMEOUT_SECONDS
    hub: HubChoice = HubChoice()


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of coming up; `total` 0 means that the step has no count."""

    step: str
    detail: str = ""
    done: int = 0
    total: int = 0


class Listener(Protocol):
    """Who is told how the platform comes up."""

    def progress(self, progress: Progress) -> None:
        """Something has moved; called at most a few times a second."""
        ...

    def outcome(self, outcome: UpOutcome) -> None:
        """The platform has converged, or the time is over; called once."""
        ...
