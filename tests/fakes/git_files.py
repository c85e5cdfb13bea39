"""Commits made in no time: a mapping from path to content becomes a tree that the real adapter reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2

from dokaseca.adapters.git_tree import GitTree

WHO = pygit2.Signature("Ada", "ada@example.com", 1_750_000_000, 0)


@dataclass(frozen=True)
class Link:
    """A symlink."""

    target: str


Content = str | bytes | Link


class Commits:
    """Makes commits in one bare repository."""

    def __init__(self, folder: Path) -> None:
        self._repository = pygit2.init_repository(str(folder), bare=True)

    def tree(self, files: Mapping[str, Content], *, message: str = "Files") -> GitTree:
        index = pygit2.Index()
        for path, content in files.items():
            is_link = isinstance(content, Link)
            text = content.target if isinstance(content, Link) else content
            blob = self._repository.create_blob(text.encode() if isinstance(text, str) else text)
            mode = pygit2.enums.FileMode.LINK if is_link else pygit2.enums.FileMode.BLOB
            index.add(pygit2.IndexEntry(path, blob, mode))
        commit = self._repository.create_commit(None, WHO, WHO, message, index.write_tree(self._repository), [])
        found = self._repository[commit]
        assert isinstance(found, pygit2.Commit)
        return GitTree(self._repository, found, "example.com", _never)


def _never() -> None:
    raise AssertionError("the repository is sound")
