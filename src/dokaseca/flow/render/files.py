"""The files of a folder in Git as a tool on disk sees them: symlinks followed, inside the repository only. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dokaseca.model.errors import UserError
from dokaseca.model.tree_budget import TreeBudget
from dokaseca.ports.git import Entry, Tree

FILES = 20_000  # of one folder, links followed: no chart or library in the wild has a tenth


@dataclass(frozen=True, slots=True)
class Seen:
    """A file: its name relative to the folder, where its content lies, and whether a symlink led there."""

    name: str
    entry: Entry
    is_linked: bool


def below(tree: Tree, folder: str, *, subject: str) -> list[Seen]:
    """Every file below `folder`, sorted by folder and name.

    Raises:
        UserError: a symlink that leaves the repository, loops or leads nowhere; more files than `FILES`, or a bound of
            `TreeBudget`.
    """
    found: list[Seen] = []
    for seen in _Walk(tree, folder, subject).below(folder, "", (folder,), False):
        found.append(seen)
        if len(found) > FILES:
            raise UserError(
                f"folder {folder or '.'} holds more than {FILES} files; use a path further down",
                reason="TooLarge",
                subject=subject,
            )
    return found


def resolved_or_none(tree: Tree, path: str) -> Entry | None:
    """The entry that a path leads to, symlinks followed."""
    return tree.entry_or_none(tree.resolve_link(path))


class _Walk:
    """One walk with its budget: a folder that is linked to from many places is paid for at each."""

    def __init__(self, tree: Tree, folder: str, subject: str) -> None:
        self._tree = tree
        self._budget = TreeBudget(folder, subject=subject)

    def below(self, folder: str, prefix: str, inside: tuple[str, ...], is_linked: bool) -> Iterator[Seen]:
        entries = self._tree.children(folder)
        self._budget.spend(folder, len(entries), depth=len(inside) - 1)
        for entry in entries:
            name = prefix + entry.path.rpartition("/")[2]
            is_link = entry.kind == "link"
            real = resolved_or_none(self._tree, entry.path) if is_link else entry
            if real is None:
                raise UserError(f"symlink {entry.path} leads nowhere", reason="PathNotFound", subject=entry.path)
            if real.kind == "blob":
                yield Seen(name, real, is_linked or is_link)
            elif real.kind == "tree":
                if real.path in inside:
                    raise UserError(
                        f"folder {entry.path} holds itself; remove the symlink",
                        reason="SymlinkLoop",
                        subject=entry.path,
                    )
                yield from self.below(real.path, f"{name}/", (*inside, real.path), is_linked or is_link)
