"""The files of a folder, read as if they were those of a commit."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from dokaseca.adapters import tree_links
from dokaseca.adapters.git_tree import LFS_HEADER
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.revision import Commit
from dokaseca.model.tree_budget import TreeBudget
from dokaseca.ports.git import Entry, EntryKind

SHA = "0" * 40  # of a commit that is not made yet
_GIT = ".git"


class FolderTree:
    """`ports.git.Tree` over a folder; nothing outside of it is ever read, Git's own files are not there.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._subject = str(root)

    @property
    def commit(self) -> Commit:
        return Commit(SHA, SHA)

    def entry_or_none(self, path: str) -> Entry | None:
        found = self._root
        for part in path.split("/") if path else ():
            if part in ("", ".", "..", _GIT) or not _is_folder(found):
                return None
            found = found / part
        return _entry_or_none(path, found)

    def children(self, path: str) -> list[Entry]:
        entry = self.entry_or_none(path)
        if entry is None or entry.kind != "tree":
            return []
        prefix = f"{path}/" if path else ""
        folder = self._root / path
        try:
            names = sorted(one.name for one in folder.iterdir() if one.name != _GIT)
        except OSError as error:
            raise self._unreadable(path, error) from error
        found = (_entry_or_none(prefix + name, folder / name) for name in names)
        return [entry for entry in found if entry is not None]

    def walk(self, path: str) -> Iterator[Entry]:
        budget = TreeBudget(path, subject=self._subject)
        listed = self.children(path)
        budget.spend(path, len(listed), depth=0)
        stack = [(one, 1) for one in reversed(listed)]
        while stack:
            entry, depth = stack.pop()
            yield entry
            if entry.kind == "tree":
                listed = self.children(entry.path)
                budget.spend(entry.path, len(listed), depth=depth)
                stack += [(one, depth + 1) for one in reversed(listed)]

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        resolved = self.resolve_link(path)
        entry = self.entry_or_none(resolved)
        if entry is None or entry.kind != "blob":
            raise NotFoundError(f"file {path} is not there", reason="PathNotFound", subject=self._subject)
        try:
            with (self._root / resolved).open("rb") as stream:
                data = stream.read(limit_bytes + 1)
        except OSError as error:
            raise self._unreadable(path, error) from error
        if len(data) > limit_bytes:
            raise UserError(
                f"file {path} is larger than the {limit_bytes // 1024} KiB allowed here",
                reason="TooLarge",
                subject=self._subject,
            )
        if data.startswith(LFS_HEADER):
            raise UserError(f"file {path} is a Git LFS pointer", reason="LfsPointer", subject=self._subject)
        return data

    def resolve_link(self, path: str) -> str:
        return tree_links.resolve(path, self.entry_or_none, self._link_target, self._subject)

    def _link_target(self, where: str) -> str:
        try:
            return str((self._root / where).readlink())
        except OSError as error:
            raise self._unreadable(where, error) from error

    def _unreadable(self, path: str, error: OSError) -> UserError:
        return UserError(f"{path or '.'} cannot be read: {error.strerror}", reason="Unreadable", subject=self._subject)


def _is_folder(path: Path) -> bool:
    """Whether it is a folder itself: a link to one leads out of what was asked for."""
    return path.is_dir() and not path.is_symlink()


def _entry_or_none(path: str, found: Path) -> Entry | None:
    """What stands there; sockets, pipes and devices are no files of a repository."""
    try:
        status = found.lstat()
    except (OSError, ValueError):
        return None
    kinds: dict[int, EntryKind] = {stat.S_IFDIR: "tree", stat.S_IFREG: "blob", stat.S_IFLNK: "link"}
    kind = kinds.get(stat.S_IFMT(status.st_mode))
    if kind is None:
        return None
    identity = f"{status.st_dev:x}-{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"
    return Entry(path, kind, identity, executable=kind == "blob" and bool(status.st_mode & stat.S_IXUSR))
