"""Symlinks of a tree of files: followed as long as they stay inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dokaseca.kit import paths
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Entry

LINKS: Final = 40  # followed on one path: what Linux allows
LINK_BYTES: Final = 4096  # the longest path that Linux has


def resolve(
    path: str,
    entry_or_none: Callable[[str], Entry | None],
    target_of: Callable[[str], str],
    subject: str,
) -> str:
    """`path` without links on its way; what does not exist stays as it is.

    Args:
        entry_or_none: what stands at a path, links not followed.
        target_of: what a link holds.
        subject: the tree in messages.

    Raises:
        UserError: reason PathEscapes: a link leads out, or to an absolute path; reason SymlinkLoop.
    """
    for _ in range(LINKS + 1):
        link = _first_or_none(path, entry_or_none)
        if link is None:
            return path
        where, rest = link
        target = target_of(where)
        try:
            if target.startswith("/") or len(target) > LINK_BYTES:
                raise paths.EscapesJail(target)
            path = paths.join(where.rpartition("/")[0], target, rest)
        except paths.EscapesJail as error:
            raise escapes(where, subject) from error
    raise UserError(f"symlinks at {path} go round in a circle", reason="SymlinkLoop", subject=subject)


def escapes(where: str, subject: str) -> UserError:
    """The error of a link that leads out."""
    return UserError(
        f"the symlink {where} leaves the repository; links must stay inside", reason="PathEscapes", subject=subject
    )


def _first_or_none(path: str, entry_or_none: Callable[[str], Entry | None]) -> tuple[str, str] | None:
    """The first link on the way and the rest of the path behind it."""
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        where = "/".join(parts[:count])
        entry = entry_or_none(where)
        if entry is None:
            return None
        if entry.kind == "link":
            return where, "/".join(parts[count:])
    return None
