"""What is promoted: a set of revisions that was seen running in an environment. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.kit import digest
from dokaseca.model.health import Health


@dataclass(frozen=True, slots=True)
class Freight:
    """Revisions by source URL, kept sorted; equal revisions are equal freight."""

    revisions: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "revisions", tuple(sorted(self.revisions)))

    @property
    def id(self) -> str:
        """40 hex digits that name this freight."""
        return digest.of_value([list(pair) for pair in self.revisions])[:40]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one environment stands: what it runs, whether that is synced, and its health."""

    environment: str
    freight: Freight
    is_synced: bool
    health: Health
