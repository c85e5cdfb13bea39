"""Git repositories by URL, each in a folder of this machine: what generators read, without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pygit2

from dokaseca.adapters import git_refs
from dokaseca.adapters.git_program import local_path_or_none
from dokaseca.adapters.git_tree import GitTree
from dokaseca.flow.source import resolve
from dokaseca.kit import redact
from dokaseca.model.errors import TransientError, UserError
from dokaseca.ports.git import Tree
from dokaseca.wiring.offline.folder_tree import FolderTree

_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:]+):(?P<path>(?!//).+)")
_GIT_ERRORS = (pygit2.GitError, KeyError, ValueError, OSError)


def identity(url: str) -> str:
    """What the spellings of one remote share: `https://host/a.git`, `git@host:a` and `ssh://git@host/a` are one."""
    local = local_path_or_none(url)
    if local is not None:
        return str(local).rstrip("/").removesuffix(".git")
    parts = urlsplit(url) if "://" in url else None
    if parts is not None:
        host, path = (parts.hostname or "") + (f":{parts.port}" if _port_or_none(parts) else ""), parts.path
    else:
        scp = _SCP.fullmatch(url)
        host, path = (scp["host"], scp["path"]) if scp else ("", url)
    return f"{host.lower()}/{path.strip('/').removesuffix('.git')}"


@dataclass(slots=True)
class Repositories:
    """The trees of repositories that lie on this machine; `tree` is what `generate` asks.

    Args:
        folders: by URL as people write it: a work tree, a bare repository, or a plain folder.
        trees: by URL: what stands for whatever revision a generator asks of that repository.
        is_worktree: read folders as they are, uncommitted changes included, instead of the revision asked for.
        note: told once of each revision that a folder has to stand in for.
    """

    folders: Mapping[str, Path]
    trees: Mapping[str, Tree] = field(default_factory=dict)
    is_worktree: bool = False
    note: Callable[[str], None] = lambda _: None
    _by_identity: dict[str, Path] = field(default_factory=dict, init=False)
    _read: dict[tuple[str, str], Tree] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._by_identity = {identity(url): path for url, path in self.folders.items()}
        self.trees = {identity(url): tree for url, tree in self.trees.items()}

    async def tree(self, url: str, revision: str) -> Tree:
        """The files of (URL, revision as written; empty means HEAD).

        Raises:
            UserError: the repository is not here, or has no such revision.
        """
        key = identity(url)
        found = self.trees.get(key) or self._read.get((key, revision))
        if found is None:
            found = self._read[key, revision] = self._tree(url, key, revision)
        return found

    def _tree(self, url: str, key: str, revision: str) -> Tree:
        folder = self._folder(url, key)
        if self.is_worktree or not is_repository(folder):
            return FolderTree(folder)
        try:
            return tree_at(folder, revision)
        except UserError as error:
            if error.reason != "UnknownRevision" or is_bare(folder):
                raise
            self.note(f"{folder} has no revision {revision!r}: its files are read as they are")
            return FolderTree(folder)

    def _folder(self, url: str, key: str) -> Path:
        given = self._by_identity.get(key)
        folder = given if given is not None else local_path_or_none(url)
        shown = redact.text(url)
        if folder is None:
            raise UserError(
                f"repository {shown} is not on this machine; clone it and add --repo {shown}=FOLDER",
                reason="RepositoryNotGiven",
            )
        if not folder.is_dir():
            raise UserError(
                f"repository {shown}: there is no folder {folder}; clone it and add --repo {shown}=FOLDER",
                reason="RepositoryNotGiven",
            )
        return folder


def is_repository(folder: Path) -> bool:
    """Whether Git keeps this very folder: as a work tree or as a bare repository."""
    return (folder / ".git").exists() or is_bare(folder)


def is_bare(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def tree_at(folder: Path, revision: str) -> Tree:
    """The files at a revision: a branch, tag, version constraint, commit or the beginning of one, `HEAD~3`, `origin/x`.

    Raises:
        UserError: reason UnknownRevision; or reason RepositoryBroken.
    """
    try:
        repository = git_refs.open_repository(folder)
        refs = git_refs.of_local(folder)
    except _GIT_ERRORS as error:
        raise UserError(f"{folder} is no sound Git repository: {error}", reason="RepositoryBroken") from error
    try:
        commit = _commit_or_none(repository, resolve.resolve(refs, revision, subject=str(folder)))
    except UserError:
        commit = _commit_or_none(repository, revision)  # what only Git's own grammar knows
        if commit is None:
            raise
    if commit is None:
        raise resolve.unknown(refs, revision, subject=str(folder))
    return GitTree(repository, commit, str(folder), _damaged(folder))


def enclosing_or_none(path: Path) -> Path | None:
    """The root of the Git work tree that a path lies in."""
    for folder in (path, *path.parents):
        if (folder / ".git").exists():
            return folder
    return None


def remote_urls(folder: Path) -> list[str]:
    """The URLs of a repository's remotes: by these, generators name it."""
    try:
        repository = git_refs.open_repository(folder)
        return [str(remote.url) for remote in repository.remotes if remote.url]
    except _GIT_ERRORS:
        return []


def parse(texts: Iterable[str]) -> dict[str, Path]:
    """`URL=FOLDER` pairs.

    Raises:
        UserError: one is no such pair, or its folder is not there.
    """
    found: dict[str, Path] = {}
    for text in texts:
        url, separator, folder = text.rpartition("=")
        if not separator or not url or not folder:
            raise UserError(f"--repo {redact.text(text)!r} is not URL=FOLDER", reason="InvalidOption")
        path = Path(folder).expanduser()
        if not path.is_dir():
            raise UserError(f"--repo {redact.text(url)}: there is no folder {folder}", reason="InvalidOption")
        found[url] = path.absolute()
    return found


def _commit_or_none(repository: pygit2.Repository, revision: str) -> pygit2.Commit | None:
    try:
        return repository.revparse_single(revision).peel(pygit2.Commit)
    except _GIT_ERRORS:
        return None


def _damaged(folder: Path) -> Callable[[], None]:
    def tell() -> None:
        raise TransientError(f"an object of {folder} is missing or broken; run git fsck there", reason="MirrorDamaged")

    return tell


def _port_or_none(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:  # no number, or none that a port can have
        return None
