"""The files of one commit, read from a mirror by libgit2."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pygit2

from dokaseca.adapters import tree_links
from dokaseca.kit import bounds
from dokaseca.model.errors import NotFoundError, TransientError, UserError
from dokaseca.model.revision import Commit
from dokaseca.model.tree_budget import TreeBudget
from dokaseca.ports.git import Entry, EntryKind

LFS_HEADER = b"version https://git-lfs.github.com/spec/"

_KINDS: dict[int, EntryKind] = {
    pygit2.enums.FileMode.TREE: "tree",
    pygit2.enums.FileMode.BLOB: "blob",
    pygit2.enums.FileMode.BLOB_EXECUTABLE: "blob",
    pygit2.enums.FileMode.LINK: "link",
    pygit2.enums.FileMode.COMMIT: "submodule",
}


class GitTree:
    """`ports.git.Tree` over a mirror.

    Args:
        subject: the repository in messages.
        on_damage: called when an object is missing or unreadable.
    """

    def __init__(
        self, repository: pygit2.Repository, commit: pygit2.Commit, subject: str, on_damage: Callable[[], None]
    ) -> None:
        self._repository = repository
        self._subject = subject
        self._on_damage = on_damage
        with self._guarded():
            self._root = commit.tree
            self._commit = _commit(commit)

    @property
    def commit(self) -> Commit:
        return self._commit

    def entry_or_none(self, path: str) -> Entry | None:
        if not path:
            return Entry("", "tree", str(self._root.id))
        found = self._found_or_none(path)
        return _entry(path, found) if found is not None else None

    def children(self, path: str) -> list[Entry]:
        return [entry for entry, _ in self._listed(path, self._tree_or_none(path))]

    def walk(self, path: str) -> Iterator[Entry]:
        budget = TreeBudget(path, subject=self._subject)
        listed = self._listed(path, self._tree_or_none(path))
        budget.spend(path, len(listed), depth=0)
        stack = [(*one, 1) for one in reversed(listed)]
        while stack:
            entry, found, depth = stack.pop()
            yield entry
            if entry.kind == "tree":
                listed = self._listed(entry.path, found)
                budget.spend(entry.path, len(listed), depth=depth)
                stack += [(*one, depth + 1) for one in reversed(listed)]

    def _tree_or_none(self, path: str) -> pygit2.Object | None:
        return self._root if not path else self._found_or_none(path)

    def _listed(self, path: str, tree: pygit2.Object | None) -> list[tuple[Entry, pygit2.Object]]:
        """What lies directly in a tree, sorted; found by the tree itself, a path costs as much as it is long."""
        if not isinstance(tree, pygit2.Tree):
            return []
        prefix = f"{path}/" if path else ""
        with self._guarded():
            if len(tree) > bounds.TREE_ENTRIES:
                TreeBudget(path, subject=self._subject).spend(path, len(tree), depth=0)
            return sorted(((_entry(prefix + str(one.name), one), one) for one in tree), key=lambda one: one[0].path)

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        resolved = self.resolve_link(path)
        entry = self.entry_or_none(resolved)
        if entry is None or entry.kind != "blob":
            raise NotFoundError(
                f"file {path} is not there at {self._commit.sha[:12]}", reason="PathNotFound", subject=self._subject
            )
        data = self._blob_or_none(entry.id, limit_bytes)
        if data is None:
            raise UserError(
                f"file {path} is larger than the {limit_bytes // 1024} KiB allowed here",
                reason="TooLarge",
                subject=self._subject,
            )
        if data.startswith(LFS_HEADER):
            raise UserError(
                f"file {path} is a Git LFS pointer; LFS content is not fetched, commit the file itself",
                reason="LfsPointer",
                subject=self._subject,
            )
        return data

    def resolve_link(self, path: str) -> str:
        return tree_links.resolve(path, self.entry_or_none, self._link_target, self._subject)

    def _link_target(self, where: str) -> str:
        link = self._found_or_none(where)
        target = self._blob_or_none(str(link.id), tree_links.LINK_BYTES) if link is not None else None
        if target is None:
            raise tree_links.escapes(where, self._subject)
        return target.decode(errors="surrogateescape")

    def _blob_or_none(self, identity: str, limit_bytes: int) -> bytes | None:
        """A file's content, None when it is larger; its size is known before it is read."""
        with self._guarded():
            database = self._repository.odb
            _, size = database.read_header(identity)
            return bytes(database.read(identity)[1]) if size <= limit_bytes else None

    def _found_or_none(self, path: str) -> pygit2.Object | None:
        with self._guarded():
            try:
                return self._root[path]
            except pygit2.GitError:  # some of these are KeyErrors too: an object that is missing is not a missing file
                raise
            except KeyError:
                return None

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn libgit2's word for a missing or broken object into ours."""
        try:
            yield
        except (pygit2.GitError, KeyError) as error:
            self._on_damage()
            raise TransientError(
                f"the local copy is damaged ({error}); it is fetched anew",
                reason="MirrorDamaged",
                subject=self._subject,
            ) from error


def _commit(commit: pygit2.Commit) -> Commit:
    """Read from raw bytes: commits name encodings that nobody knows, and dates that no calendar has."""
    try:
        date = datetime.fromtimestamp(commit.commit_time, UTC)
    except (ValueError, OverflowError, OSError):
        date = None
    name, email = (_text(one) for one in (commit.author.raw_name, commit.author.raw_email))
    return Commit(
        sha=str(commit.id),
        tree=str(commit.tree_id),
        author=f"{name} <{email}>",
        date=date,
        subject=_text(commit.raw_message).partition("\n")[0],
    )


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _entry(path: str, found: pygit2.Object) -> Entry:
    return Entry(
        path,
        _KINDS.get(found.filemode, "blob"),
        str(found.id),
        executable=found.filemode == pygit2.enums.FileMode.BLOB_EXECUTABLE,
    )
