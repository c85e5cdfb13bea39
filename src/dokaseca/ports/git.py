"""Git repositories, mirrored: one fetch per repository serves every Application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from dokaseca.model.revision import Commit

EntryKind = Literal["tree", "blob", "link", "submodule"]


@dataclass(frozen=True, slots=True)
class Refs:
    """What a remote points at: full ref names (`refs/heads/main`, peeled `refs/tags/v1`) and `HEAD` to commit SHAs.

    Attributes:
        digest: changes exactly when any ref does: comparing two costs nothing.
        default_branch: the full ref name that HEAD stands for, empty when detached or the repository is empty.
    """

    by_name: Mapping[str, str]
    digest: str
    default_branch: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a tree. `id` is the Git object hash: equal ids, equal content."""

    path: str
    kind: EntryKind
    id: str
    executable: bool = False


class Tree(Protocol):
    """The files of one commit, read-only. Paths are repository-relative POSIX paths without leading slash.

    Every method may raise TransientError, reason MirrorDamaged: the copy is broken and is made anew. A missing object
    never looks like a missing file.
    """

    @property
    def commit(self) -> Commit: ...

    def entry_or_none(self, path: str) -> Entry | None:
        """The entry at `path` ("" is the root tree); symlinks are not followed."""
        ...

    def children(self, path: str) -> list[Entry]:
        """The direct entries of the tree at `path`, sorted by name; empty when there is no tree.

        Raises:
            UserError: reason TooLarge: more entries than any source has.
        """
        ...

    def walk(self, path: str) -> Iterator[Entry]:
        """Every entry below `path` (trees too), depth first, sorted by name.

        Raises:
            UserError: reason TooLarge: more entries than any source has, or deeper than any.
        """
        ...

    def read(self, path: str, *, limit_bytes: int) -> bytes:
        """A blob's content; a symlink inside the repository is followed to its blob.

        Raises:
            NotFoundError: no such blob.
            UserError: larger than `limit_bytes`, a symlink that leaves the repository or loops, a Git LFS pointer.
        """
        ...

    def resolve_link(self, path: str) -> str:
        """`path` with every symlink on the way followed inside the repository.

        Raises:
            UserError: it leaves the repository, or loops.
        """
        ...


class Git(Protocol):
    """All repositories by URL: `https://`, `ssh://`, `git@host:path`, `file:///path` or an absolute path.

    `scope` names the project whose own credentials are used; what is read with them is kept apart from the rest.
    """

    async def probe(self, url: str, scope: str = "") -> Refs:
        """The remote's refs now, without fetching objects: cheap enough to poll (local: under 1 ms).

        Raises:
            UserError: reasons InvalidSpecError (a URL of no such form), InvalidCredentials (its Secret is wrong).
            TransientError: reason RepositoryUnreachable: no such repository, no network, no answer in time.
            DeniedError: credentials refused.
        """
        ...

    async def fetch(self, url: str, scope: str = "") -> Refs:
        """Bring the local mirror up to date and return its refs. Concurrent calls for one URL share one fetch.

        Raises: as `probe`. The mirror's last good state stays whatever happens.
        """
        ...

    def refs_or_none(self, url: str, scope: str = "") -> Refs | None:
        """The mirror's refs as last fetched, None when never fetched. No I/O over the network."""
        ...

    async def tree(self, url: str, sha: str, scope: str = "") -> Tree:
        """The files of commit `sha`, from the mirror (fetched once more if it lacks the commit).

        Args:
            sha: 40 hex digits, or the first 7 or more of them: then only what branches and tags lead to is found.

        Raises:
            NotFoundError: the repository holds no such commit, or several that begin so.
            TransientError, DeniedError: as `probe`.
        """
        ...
