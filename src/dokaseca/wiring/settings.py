"""What a caller may choose, and what it is told while the platform comes up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class UpOptions:
    """How to bring a platform up.

    Attributes:
        folder: where it lives.
        platform_file: taken over into the folder; None uses the folder's own, or the default.
        once: stop as soon as everything is Synced and Healthy.
        timeout_seconds: how long convergence may take before `up --once` gives up.
    """

    folder: Path
    platform_file: Path | None = None
    once: bool = False
    timeout_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of coming up; `total` 0 means that the step has no count."""

    step: str
    detail: str = ""
    done: int = 0
    total: int = 0
