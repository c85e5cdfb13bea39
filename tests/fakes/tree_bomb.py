"""Small commits that stand for more paths than any walk could see."""

from __future__ import annotations

from pathlib import Path

import pygit2

from dokaseca.adapters.git_tree import GitTree

WHO = pygit2.Signature("Eve", "eve@example.com", 1_750_000_000, 0)
FOLDER, FILE = pygit2.enums.FileMode.TREE, pygit2.enums.FileMode.BLOB


def tree(folder: Path, *, levels: int = 12, names: int = 10, beside: str = "") -> GitTree:
    """A bare repository whose root holds `names` equal folders, these again, and so on; the last ones are empty.

    Args:
        beside: the root also has a folder `apps` with this one folder in it.
    """
    repository = pygit2.init_repository(str(folder), bare=True)
    below = repository.TreeBuilder().write()
    for level in range(levels):
        builder = repository.TreeBuilder()
        for number in range(names):
            builder.insert(f"d{number}", below, FOLDER)
        if beside and level == levels - 1:
            builder.insert("apps", _folder(repository, beside), FOLDER)
        below = builder.write()
    commit = repository[repository.create_commit("refs/heads/main", WHO, WHO, "Bomb", below, [])]
    assert isinstance(commit, pygit2.Commit)
    return GitTree(repository, commit, "example.com", _never)


def _folder(repository: pygit2.Repository, name: str) -> pygit2.Oid:
    file = repository.TreeBuilder()
    file.insert("README.md", repository.create_blob(b"1"), FILE)
    builder = repository.TreeBuilder()
    builder.insert(name, file.write(), FOLDER)
    return builder.write()


def _never() -> None:
    raise AssertionError("the repository is sound")
