"""A condition as Argo CD writes it on an Application."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """`type` is one of Argo CD's condition types (`ComparisonError`, `SyncError`, ...)."""

    type: str
    message: str
