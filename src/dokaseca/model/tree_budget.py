"""How much of a repository's tree one walk may see. A few hundred bytes of nested trees can stand for billions."""

from __future__ import annotations

from dokaseca.kit import bounds
from dokaseca.model.errors import UserError


class TreeBudget:
    """Counts what a walk meets: files, folders and links alike, so that empty folders are not free.

    Args:
        folder: where the walk starts.
        subject: the repository or source, for messages.
    """

    def __init__(self, folder: str, *, subject: str) -> None:
        self._folder = folder
        self._subject = subject
        self._entries_count = 0

    def spend(self, path: str, entries_count: int, *, depth: int) -> None:
        """Pay for the entries of the folder at `path`, which lies `depth` levels below the start.

        Raises:
            UserError: reason TooLarge: more entries than `bounds.TREE_ENTRIES`, or deeper than `bounds.TREE_DEPTH`.
        """
        self._entries_count += entries_count
        if self._entries_count > bounds.TREE_ENTRIES:
            raise self._too_large(f"holds more than {bounds.TREE_ENTRIES} files and folders")
        if depth > bounds.TREE_DEPTH:
            shown = path if len(path) <= 200 else f"{path[:200]}…"
            raise self._too_large(f"is nested deeper than {bounds.TREE_DEPTH} levels at {shown}")

    def _too_large(self, what: str) -> UserError:
        return UserError(
            f"folder {self._folder or '.'} {what}; use a path further down", reason="TooLarge", subject=self._subject
        )
