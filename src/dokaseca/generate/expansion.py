"""What an ApplicationSet generates."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Expansion:
    """The Applications, and what they were generated from.

    Attributes:
        applications: in the order of the generators; names may repeat.
        repositories: every (URL, revision) that git generators read.
        commits: the SHA that each of `repositories` stood at.
        requeue_after_seconds: when to expand again at the latest; None when only events can change the result.
        empty_sources: generators, by their place in the spec, that asked somebody and were given nothing at all.
    """

    applications: tuple[Manifest, ...]
    repositories: frozenset[tuple[str, str]]
    commits: dict[tuple[str, str], str]
    requeue_after_seconds: float | None
    empty_sources: tuple[str, ...] = ()
