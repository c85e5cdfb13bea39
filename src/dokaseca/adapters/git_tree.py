"""The files of one commit, read from a mirror by libgit2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pygit2

from dokaseca.kit import paths
from dokaseca.model.errors import IntegrityError, NotFoundError, UserError
from dokaseca.model.revision import Commit
from dokaseca.ports.git import Entry, EntryKind

LINKS = 40  # symlinks followed on one path: what Linux allows
LFS_HEADER = b"version https://git-lfs.github.com/spec/"

_KINDS: dict[int, EntryKind] = {
    pygit2.enums.FileMode.TREE: "tree",
    pygit2.enums.FileMode.BLOB: "blob",
    pygit2.enums.FileMode.BLOB_EXECUTABLE: "blob",
    pygit2.enums.FileMode.LINK: "link",
    pygit2.enums.FileMode.COMMIT: "submodule",
}


class GitTree:
    """`ports.git.Tree` over a mirror."""

    def __init__(self, repository: pygit2.Repository, commit: pygit2.Commit, subject: str) -> None:
        self._repository = repository
        self._root = commit.tree
        self._subject = subject
        self._commit = Commit(
            sha=str(commit.id),
            tree=str(commit.tree.id),
            author=f"{commit.author.name} <{commit.author.email}>",
            date=datetime.fromtimestamp(commit.commit_time, UTC),
            subject=commit.message.partition("\n")[0],
        )

    @property
    def commit(self) -> Commit:
        return self._commit

    def entry_or_none(self, path: str) -> Entry | None:
        if not path:
            return Entry("", "tree", str(self._root.id))
        try:
            return _entry(path, self._root[path])
        except KeyError:
            return None

    def children(self, path: str) -> list[Entry]:
        tree = self._tree_or_none(path)
        if tree is None:
            return []
        prefix = f"{path}/" if path else ""
        return sorted((_entry(prefix + str(one.name), one) for one in tree), key=lambda entry: entry.path)

    def walk(self, path: str) -> Iterator[Entry]:
        for entry in self.children(path):
            yield entry
            if entry.kind == "tree":
                yield from self.walk(entry.path)

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        resolved = self.resolve_link(path)
        entry = self.entry_or_none(resolved)
        if entry is None or entry.kind != "blob":
            raise NotFoundError(
                f"file {path} is not there at {self._commit.sha[:12]}", reason="PathNotFound", subject=self._subject
            )
        blob = self._blob(entry.id)
        if blob.size > limit_bytes:
            raise UserError(
                f"file {path} is larger than the {limit_bytes // 1024} KiB allowed here",
                reason="TooLarge",
                subject=self._subject,
            )
        data: bytes = blob.data
        if data.startswith(LFS_HEADER):
            raise UserError(
                f"file {path} is a Git LFS pointer; LFS content is not fetched, commit the file itself",
                reason="LfsPointer",
                subject=self._subject,
            )
        return data

    def resolve_link(self, path: str) -> str:
        for _ in range(LINKS):
            link = self._first_link_or_none(path)
            if link is None:
                return path
            where, rest = link
            target = self._blob(str(self._root[where].id)).data.decode(errors="replace")
            parent = where.rpartition("/")[0]
            if target.startswith("/"):
                raise self._escapes(path)
            try:
                path = paths.join(parent, target, rest)
            except paths.EscapesJail as error:
                raise self._escapes(path) from error
        raise UserError(f"symlinks at {path} go round in a circle", reason="SymlinkLoop", subject=self._subject)

    def _first_link_or_none(self, path: str) -> tuple[str, str] | None:
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            where = "/".join(parts[:count])
            entry = self.entry_or_none(where)
            if entry is None:
                return None
            if entry.kind == "link":
                return where, "/".join(parts[count:])
        return None

    def _blob(self, identity: str) -> pygit2.Blob:
        found = self._repository[identity]
        if not isinstance(found, pygit2.Blob):
            raise IntegrityError(f"object {identity[:12]} is not a file", subject=self._subject)
        return found

    def _tree_or_none(self, path: str) -> pygit2.Tree | None:
        if not path:
            return self._root
        try:
            found = self._root[path]
        except KeyError:
            return None
        return found if isinstance(found, pygit2.Tree) else None

    def _escapes(self, path: str) -> UserError:
        return UserError(
            f"the symlink {path} leaves the repository; links must stay inside",
            reason="PathEscapes",
            subject=self._subject,
        )


def _entry(path: str, found: pygit2.Object) -> Entry:
    return Entry(
        path,
        _KINDS.get(found.filemode, "blob"),
        str(found.id),
        executable=found.filemode == pygit2.enums.FileMode.BLOB_EXECUTABLE,
    )
