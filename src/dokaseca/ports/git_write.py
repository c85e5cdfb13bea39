"""Writing to Git repositories: commits, notes and tags, made without a work tree and pushed under a lease."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from dokaseca.ports.git import Tree


@dataclass(frozen=True, slots=True)
class Author:
    """Who commits; both parts are one line without angle brackets."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch by its short name.

    Attributes:
        base: the branch that it begins from while it does not exist; empty, or absent too, begins without a parent.
    """

    name: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a commit changes.

    Attributes:
        files: repository-relative POSIX path to content; None removes the file. The rest stays.
        message: of the commit.
        trailers: `Key: value` lines at the message's end.
    """

    files: Mapping[str, bytes | None]
    message: str
    trailers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """Where a branch stands now, and whether it took a new commit for that; `sha` is empty where there is no branch."""

    sha: str
    made: bool


@dataclass(frozen=True, slots=True)
class Note:
    """A Git note below `refs/notes/<name>`, about a commit."""

    name: str
    commit: str
    text: str


Build: TypeAlias = Callable[[Tree | None], Edit | None]


class GitWriter(Protocol):
    """All repositories that may be written to.

    Everything is idempotent: what is there already makes no commit. Every method may raise

    - DeniedError: reasons NoWriteCredentials (no Secret allows writing there), RepositoryDenied, HostKeyUnknown,
      PushRefused (a hook or a protected branch);
    - ConflictError: reason BranchMoved: others were faster each time;
    - TransientError: the repository does not answer;
    - UserError: the names, the URL or the files are wrong.

    `scope` names the project whose own credentials may be used.
    """

    async def commit(self, url: str, branch: Branch, build: Build, author: Author, scope: str = "") -> Written:
        """Bring a branch to what `build` makes of it.

        Args:
            build: from the branch's files (None: it has none) to what changes, None for nothing. It is pure and runs in
                a thread, and again on the new head when somebody else pushed meanwhile.
        """
        ...

    async def note(self, url: str, note: Note, author: Author, scope: str = "") -> bool:
        """Have a commit carry this note, in the place of what it said before; whether that took a change."""
        ...

    async def tag(self, url: str, name: str, sha: str, message: str, author: Author, scope: str = "") -> bool:
        """Have an annotated tag on a commit; whether that took a change.

        Raises:
            ConflictError: reason TagExists: it stands on another commit; tags are never moved.
        """
        ...
