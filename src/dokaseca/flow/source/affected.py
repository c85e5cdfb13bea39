"""Did a commit touch what an Application reads? Told by Git's own hashes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Identity = Callable[[str], str | None]  # path -> Git object id, None where nothing is


def is_affected(paths: Iterable[str], before: Identity, after: Identity) -> bool:
    """Whether any of `paths` (files or folders) differs between two commits."""
    return any(before(path) != after(path) for path in paths)
