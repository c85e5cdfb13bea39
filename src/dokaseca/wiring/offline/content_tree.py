"""A work tree as it is, with the ids that Git would give its files: what is the same as in a commit has the same id."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dokaseca.adapters import git_refs
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError
from dokaseca.model.revision import Commit
from dokaseca.model.tree_budget import TreeBudget
from dokaseca.ports.git import Entry
from dokaseca.wiring.offline.folder_tree import FolderTree


class ContentTree:
    """`ports.git.Tree` over a Git work tree; what Git ignores is not there, unless Git keeps it all the same.

    Args:
        root: where the repository's `.git` is.
    """

    def __init__(self, root: Path) -> None:
        self._folder = FolderTree(root)
        self._root = root.resolve()
        self._subject = str(root)
        self._repository = git_refs.open_repository(root)
        self._tracked = {entry.path for entry in self._repository.index}
        self._parents = {above for path in self._tracked for above in _above(path)}
        self._ids: dict[str, str] = {}
        self._children: dict[str, list[Entry]] = {}

    @property
    def commit(self) -> Commit:
        return self._folder.commit

    def entry_or_none(self, path: str) -> Entry | None:
        if not path:
            return Entry("", "tree", self._id(Entry("", "tree", "")))
        found = self._folder.entry_or_none(path)
        return self._known(found) if found is not None and not self._is_ignored(found) else None

    def children(self, path: str) -> list[Entry]:
        if path not in self._children:
            listed = (one for one in self._folder.children(path) if not self._is_ignored(one))
            known = [self._known(one) for one in listed]
            self._children[path] = [one for one in known if one.kind != "tree" or self.children(one.path)]
        return self._children[path]

    def walk(self, path: str) -> Iterator[Entry]:
        budget = TreeBudget(path, subject=self._subject)
        stack = [(one, 1) for one in reversed(self.children(path))]
        budget.spend(path, len(stack), depth=0)
        while stack:
            entry, depth = stack.pop()
            yield entry
            if entry.kind == "tree":
                listed = self.children(entry.path)
                budget.spend(entry.path, len(listed), depth=depth)
                stack += [(one, depth + 1) for one in reversed(listed)]

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        return self._folder.read(path, limit_bytes=limit_bytes)

    def resolve_link(self, path: str) -> str:
        return self._folder.resolve_link(path)

    def _known(self, entry: Entry) -> Entry:
        return replace(entry, id=self._id(entry))

    def _id(self, entry: Entry) -> str:
        found = self._ids.get(entry.path)
        if found is None:
            found = self._ids[entry.path] = self._hashed(entry)
        return found

    def _hashed(self, entry: Entry) -> str:
        if entry.kind == "tree":
            lines = sorted(self.children(entry.path), key=_git_order)
            return _digest(b"tree", b"".join(_line(one) for one in lines))
        path = self._root / entry.path
        with contextlib.suppress(OSError):
            if entry.kind == "link":
                return _digest(b"blob", os.fsencode(path.readlink()))
            if path.stat().st_size <= bounds.CHART_ARCHIVE_BYTES:
                return _digest(b"blob", path.read_bytes())
        raise UserError(f"{entry.path} cannot be read, or is too large", reason="Unreadable", subject=self._subject)

    def _is_ignored(self, entry: Entry) -> bool:
        if entry.path in self._tracked or entry.path in self._parents:
            return False
        return bool(self._repository.path_is_ignored(entry.path + "/" * (entry.kind == "tree")))


def _digest(kind: bytes, data: bytes) -> str:
    """Git's object id: SHA-1 over a header and the content."""
    return hashlib.sha1(kind + b" %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _name(entry: Entry) -> bytes:
    return os.fsencode(entry.path.rpartition("/")[2])


def _git_order(entry: Entry) -> bytes:
    """Git sorts a tree as if its name ended in a slash."""
    return _name(entry) + b"/" * (entry.kind == "tree")


def _line(entry: Entry) -> bytes:
    modes = {"tree": b"40000", "link": b"120000"}
    mode = modes.get(entry.kind, b"100755" if entry.executable else b"100644")
    return mode + b" " + _name(entry) + b"\0" + bytes.fromhex(entry.id)


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
