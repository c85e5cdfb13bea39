"""An in-memory Tree for generator tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from dokaseca.model.errors import NotFoundError, TransientError
from dokaseca.model.revision import Commit
from dokaseca.ports.git import Entry, Tree


class FilesTree:
    """The files of one commit, given as a mapping from path to text."""

    def __init__(self, files: Mapping[str, str], sha: str = "0" * 40) -> None:
        self._files = dict(files)
        self._commit = Commit(sha, sha)

    @property
    def commit(self) -> Commit:
        return self._commit

    def entry_or_none(self, path: str) -> Entry | None:
        if path in self._files:
            return Entry(path, "blob", hashlib.sha1(self._files[path].encode()).hexdigest())
        is_tree = path == "" or any(name.startswith(f"{path}/") for name in self._files)
        return Entry(path, "tree", f"tree-{path}") if is_tree else None

    def children(self, path: str) -> list[Entry]:
        prefix = f"{path}/" if path else ""
        names = {name[len(prefix) :].split("/")[0] for name in self._files if name.startswith(prefix)}
        found = [self.entry_or_none(prefix + name) for name in sorted(names)]
        return [entry for entry in found if entry is not None]

    def walk(self, path: str) -> Iterator[Entry]:
        for entry in self.children(path):
            yield entry
            if entry.kind == "tree":
                yield from self.walk(entry.path)

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        if path not in self._files:
            raise NotFoundError("no such file", subject=path)
        return self._files[path].encode()

    def resolve_link(self, path: str) -> str:
        return path


class FilesGit:
    """Repositories by URL; any other URL does not answer. `asked` lists every (URL, revision)."""

    def __init__(self, repositories: Mapping[str, Mapping[str, str]]) -> None:
        self.repositories = {url: dict(files) for url, files in repositories.items()}
        self.asked: list[tuple[str, str]] = []

    async def tree(self, url: str, revision: str) -> Tree:
        self.asked.append((url, revision))
        if url not in self.repositories:
            raise TransientError("no such repository", reason="RepositoryUnreachable", subject=url)
        return FilesTree(self.repositories[url])
