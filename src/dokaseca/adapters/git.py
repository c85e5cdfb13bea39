"""Git: bare mirrors fetched by the git program, read by libgit2."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pygit2

from dokaseca.adapters import git_program, git_refs
from dokaseca.adapters.git_program import UnknownObject, local_path_or_none
from dokaseca.adapters.git_tree import GitTree
from dokaseca.flow.source.access import Access
from dokaseca.kit import bounds, digest, redact
from dokaseca.model.errors import DokaSecaError, NotFoundError, TransientError
from dokaseca.ports.git import Refs, Tree

PROBE_SECONDS = 15.0  # Argo CD: git request timeout

Logins = Callable[[str, str], Awaitable[Access]]  # (URL, project or "") -> how it is reached

_SHA = re.compile(r"[0-9a-f]{40}\Z")
_LOCKS = ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*", "objects/??/tmp_obj_*")  # what a killed git leaves behind


async def anonymous(_url: str, _scope: str) -> Access:
    """Nobody has credentials for anything."""
    return Access()


@dataclass(slots=True)
class _Mirror:
    """One repository's copy; whoever changes it holds the lock.

    Attributes:
        scope: the project whose credentials it is read with.
        begun: how many fetches have begun.
        outcome: what the last fetch gave; None while one runs or when it was cancelled.
        is_damaged: an object was missing or unreadable: the copy is made anew.
    """

    path: Path
    scope: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    refs: Refs | None = None
    repository: pygit2.Repository | None = None
    begun: int = 0
    outcome: Refs | DokaSecaError | None = None
    is_damaged: bool = False

    def mark_damaged(self) -> None:
        self.is_damaged = True

    def reopen(self) -> None:
        """Let go of what is cached of files that have changed; trees that are in use open them again."""
        if self.repository is not None:
            self.repository.free()
        self.repository = None


class GitMirrors:
    """`ports.git.Git`: every repository mirrored once, in a folder named by the digest of its URL.

    Args:
        logins: tells how a URL is reached, on behalf of a project or of everybody.
    """

    def __init__(self, folder: Path, logins: Logins = anonymous) -> None:
        self._folder = folder
        self._logins = logins
        self._mirrors: dict[str, _Mirror] = {}

    async def probe(self, url: str, scope: str = "") -> Refs:
        git_program.check_url(url)
        path = local_path_or_none(url)
        if path is not None:
            return _local_refs(url, path)
        completed = await git_program.ask(
            url, "ls-remote", "--symref", "--", "{url}", seconds=PROBE_SECONDS, access=await self._logins(url, scope)
        )
        return git_refs.of_ls_remote(completed.stdout.decode(errors="replace"))

    async def fetch(self, url: str, scope: str = "") -> Refs:
        git_program.check_url(url)
        mirror = self._mirror(url, scope)
        begun = mirror.begun
        async with mirror.lock:
            if mirror.begun > begun:  # it began after we were asked: what it found is as new as what we would find
                if isinstance(mirror.outcome, DokaSecaError):
                    raise mirror.outcome.with_traceback(None)
                if mirror.outcome is not None:
                    return mirror.outcome
            mirror.begun += 1
            mirror.outcome = None
            try:
                mirror.outcome = await self._fetched(url, mirror)
            except DokaSecaError as error:
                mirror.outcome = error
                raise
            return mirror.outcome

    def refs_or_none(self, url: str, scope: str = "") -> Refs | None:
        known = self._mirrors.get(_identity(url, scope))
        return known.refs if known else None

    async def tree(self, url: str, sha: str, scope: str = "") -> Tree:
        git_program.check_url(url)
        mirror = self._mirror(url, scope)
        commit = None if mirror.is_damaged else _commit_or_none(mirror, sha)
        if commit is None:
            await self.fetch(url, scope)
            commit = _commit_or_none(mirror, sha)
        if commit is None and _SHA.match(sha):
            await self._fetch_commit(url, mirror, sha)
            commit = _commit_or_none(mirror, sha)
        if commit is None or mirror.repository is None:
            raise NotFoundError(
                f"commit {sha[:12]} is not in the repository", reason="UnknownRevision", subject=redact.text(url)
            )
        return GitTree(mirror.repository, commit, redact.text(url), mirror.mark_damaged)

    async def _fetched(self, url: str, mirror: _Mirror) -> Refs:
        """The remote's refs, all of their objects in the mirror."""
        refs = await self.probe(url, mirror.scope)
        held = None if mirror.is_damaged else git_refs.held_or_none(mirror.path)
        wanted = git_refs.wanted(refs)
        if held is None:
            mirror.reopen()
            await asyncio.to_thread(start_bare, mirror.path)
        if held is None or not wanted.items() <= held.items():
            heads = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
            if git_refs.DETACHED in wanted:
                heads.append(f"+HEAD:{git_refs.DETACHED}")
            await self._download(url, mirror, *heads)
        mirror.refs, mirror.is_damaged = refs, False
        return refs

    async def _fetch_commit(self, url: str, mirror: _Mirror, sha: str) -> None:
        """Fetch a commit that no branch or tag leads to; most servers give it when asked by its full SHA."""
        async with mirror.lock:
            try:
                await self._download(url, mirror, f"+{sha}:refs/dokaseca/commits/{sha}")
            except UnknownObject:
                return

    async def _download(self, url: str, mirror: _Mirror, *refspecs: str) -> None:
        await asyncio.to_thread(remove_leftovers, mirror.path)
        await git_program.ask(
            url,
            f"--git-dir={mirror.path}",
            *git_program.SAFE_OPTIONS,
            "fetch",
            "--quiet",
            "--force",
            "--no-tags",
            "--no-write-fetch-head",
            "--prune",
            "--",
            "{url}",
            *refspecs,
            seconds=bounds.GIT_FETCH_SECONDS,
            access=await self._logins(url, mirror.scope),
        )
        mirror.reopen()

    def _mirror(self, url: str, scope: str) -> _Mirror:
        identity = _identity(url, scope)
        known = self._mirrors.get(identity)
        if known is None:
            path = self._folder / f"{digest.of_bytes(identity.encode())[:32]}.git"
            known = self._mirrors[identity] = _Mirror(path, scope)
        return known


def _identity(url: str, scope: str) -> str:
    """What two spellings of one remote repository share; on disk, `x` and `x.git` may be two repositories."""
    plain = url if local_path_or_none(url) is not None else url.removesuffix("/").removesuffix(".git")
    return f"{plain}\n{scope}" if scope else plain


def _local_refs(url: str, path: Path) -> Refs:
    try:
        return git_refs.of_local(path)
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        if "not owned by" in str(error):
            why = "it belongs to another user of this machine; change its owner, or serve it over https or ssh"
        elif (path / "HEAD").exists() or (path / ".git").exists():
            why = f"a ref leads nowhere: {error}; run git fsck there"
        else:
            why = "there is no Git repository at this path"
        raise git_program.unreachable(url, why) from error


def start_bare(path: Path) -> None:
    """An empty bare repository in the place of whatever is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        pygit2.init_repository(str(path), bare=True)
    except (OSError, pygit2.GitError) as error:
        raise TransientError(
            f"the folder for Git mirrors cannot be written ({error}); free space or correct its permissions",
            reason="StateUnusable",
            subject=str(path.parent),
        ) from error


def remove_leftovers(path: Path) -> None:
    """Take away what a git that was killed has left in a repository of ours."""
    for pattern in _LOCKS:
        for one in path.glob(pattern):
            one.unlink(missing_ok=True)


def _commit_or_none(mirror: _Mirror, sha: str) -> pygit2.Commit | None:
    try:
        if mirror.repository is None:
            mirror.repository = git_refs.open_repository(mirror.path)
        found = mirror.repository.get(sha)
    except (pygit2.GitError, ValueError):  # no sound mirror yet, or no object id
        return None
    return found if isinstance(found, pygit2.Commit) else None
