"""Writes to Git repositories: objects made by libgit2 in a bare repository of ours, pushed by the git program.

One attempt reads where the refs stand, builds on that, and pushes under a lease: the server takes it only while the ref
still stands there. Otherwise somebody was faster, and the next attempt builds on what that one made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pygit2

from dokaseca.adapters import git_edit, git_program, git_push, git_refs
from dokaseca.adapters.git import Logins, remove_leftovers, start_bare
from dokaseca.adapters.git_program import UnknownObject
from dokaseca.adapters.git_tree import GitTree
from dokaseca.flow.source.access import Access
from dokaseca.kit import bounds, digest, redact
from dokaseca.kit.clock import Clock
from dokaseca.model.errors import ConflictError, DeniedError, TransientError
from dokaseca.ports.git_write import Author, Branch, Build, Note, Written

ATTEMPTS = 40  # each one that is lost means that somebody else's push was taken
_READ = "refs/dokaseca/read/"  # where our repository keeps what a remote's refs stood at
T = TypeVar("T")


@dataclass(slots=True)
class _Room:
    """Our repository for one remote; whoever works in it holds the lock."""

    url: str
    scope: str
    path: Path
    access: Access = field(default_factory=Access)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class GitWriters:
    """`ports.git_write.GitWriter`.

    Args:
        folder: for our repositories, one per remote; it may be deleted while nothing runs.
        logins: tells how a URL is written to; an access that no Secret tells of allows nothing.
        attempts: how often one is made before whoever asked is told of the conflict.
    """

    def __init__(self, folder: Path, logins: Logins, clock: Clock, attempts: int = ATTEMPTS) -> None:
        self._folder = folder
        self._logins = logins
        self._clock = clock
        self._attempts = attempts
        self._rooms: dict[str, _Room] = {}

    async def commit(self, url: str, branch: Branch, build: Build, author: Author, scope: str = "") -> Written:
        ref, base = git_edit.ref("refs/heads/", branch.name), ""
        if branch.base:
            base = git_edit.ref("refs/heads/", branch.base)
        who = git_edit.signature(author, self._clock.now())

        async def once(room: _Room) -> Written:
            refs = await self._read(room, ref, *([base] if base else []))
            old = refs.get(ref, "")
            start = old or refs.get(base, "")
            sha = await _in_thread(room, lambda repository: _committed(repository, room, start, build, who))
            if sha and sha != old:
                await self._push(room, ref, old, sha)
            return Written(sha, made=sha != start)

        return await self._repeated(url, scope, once)

    async def note(self, url: str, note: Note, author: Author, scope: str = "") -> bool:
        ref = git_edit.ref("refs/notes/", note.name)
        who = git_edit.signature(author, self._clock.now())

        async def once(room: _Room) -> bool:
            old = (await self._read(room, ref)).get(ref, "")
            sha = await _in_thread(room, lambda repository: git_edit.noted(repository, ref, old, note, who))
            if sha != old:
                await self._push(room, ref, old, sha)
            return sha != old

        return await self._repeated(url, scope, once)

    async def tag(self, url: str, name: str, sha: str, message: str, author: Author, scope: str = "") -> bool:
        ref = git_edit.ref("refs/tags/", name)
        who = git_edit.signature(author, self._clock.now())

        async def once(room: _Room) -> bool:
            old = (await self._read(room, ref)).get(ref, "")
            if old:
                await _in_thread(room, lambda repository: git_edit.require_tagged(repository, old, sha, name))
                return False
            await self._fetch(room, f"+{sha}:{_READ}{sha}")
            made = await _in_thread(room, lambda repository: git_edit.tagged(repository, name, sha, message, who))
            await self._push(room, ref, old, made)
            return True

        return await self._repeated(url, scope, once)

    async def _repeated(self, url: str, scope: str, once: Callable[[_Room], Awaitable[T]]) -> T:
        """Attempts, until one is not overtaken."""
        git_program.check_url(url)
        room = self._room(url, scope)
        async with room.lock:
            room.access = await self._permitted(url, scope)
            await asyncio.to_thread(_prepare, room.path)
            for _ in range(self._attempts):
                try:
                    return await once(room)
                except git_push.Overtaken:
                    continue
                except UnknownObject:  # the ref went away after we were told of it
                    continue
        raise ConflictError(
            f"others push to this repository all the time: {self._attempts} attempts were overtaken; it is tried again",
            reason="BranchMoved",
            subject=redact.text(url),
        )

    async def _permitted(self, url: str, scope: str) -> Access:
        access = await self._logins(url, scope)
        if not access.told_by:
            raise DeniedError(
                "nothing may be written to this repository; label a Secret argocd.argoproj.io/secret-type: "
                "repository-write (or repo-write-creds) with its url and a login that may push",
                reason="NoWriteCredentials",
                subject=redact.text(url),
            )
        return access

    async def _read(self, room: _Room, *refs: str) -> dict[str, str]:
        """Where the remote's refs stand, with all that they lead to in our repository; absent ones are left out."""
        listed = await git_program.ask(
            room.url, "ls-remote", "--", "{url}", *refs, seconds=bounds.GIT_FETCH_SECONDS, access=room.access
        )
        lines = (line.partition("\t") for line in listed.stdout.decode(errors="replace").splitlines())
        remote = {name: sha for sha, _, name in lines if name in refs}
        held = await _in_thread(room, lambda repository: git_edit.held(repository, _READ, remote))
        missing = [name for name, sha in remote.items() if held.get(name) != sha]
        if not missing:
            return remote
        await self._fetch(room, *(f"+{name}:{_READ}{name}" for name in missing))
        return await _in_thread(room, lambda repository: git_edit.held(repository, _READ, remote))

    async def _fetch(self, room: _Room, *refspecs: str) -> None:
        options = ("--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
        await git_program.ask(
            room.url,
            f"--git-dir={room.path}",
            *git_program.SAFE_OPTIONS,
            *("fetch", *options, "--", "{url}", *refspecs),
            seconds=bounds.GIT_FETCH_SECONDS,
            access=room.access,
        )

    async def _push(self, room: _Room, ref: str, old: str, sha: str) -> None:
        await git_push.push(room.url, room.path, git_push.Move(ref, old, sha), room.access)

    def _room(self, url: str, scope: str) -> _Room:
        identity = f"{url}\n{scope}"
        if identity not in self._rooms:
            path = self._folder / f"{digest.of_bytes(identity.encode())[:32]}.git"
            self._rooms[identity] = _Room(url, scope, path)
        return self._rooms[identity]


def _prepare(path: Path) -> None:
    """A sound repository of ours, without what a git that was killed left there."""
    if git_refs.held_or_none(path) is None:
        start_bare(path)
    remove_leftovers(path)


async def _in_thread(room: _Room, work: Callable[[pygit2.Repository], T]) -> T:
    """Work in our repository; one that turns out to be broken is made anew the next time.

    Raises:
        TransientError: reason StateUnusable.
    """

    def run() -> T:
        repository = git_refs.open_repository(room.path)
        try:
            return work(repository)
        finally:
            repository.free()

    try:
        return await asyncio.to_thread(run)
    except (pygit2.GitError, KeyError, OSError) as error:
        await asyncio.to_thread(start_bare, room.path)
        raise TransientError(
            f"our copy of the repository is broken ({redact.text(str(error))}) and is made anew; it is tried again",
            reason="StateUnusable",
            subject=redact.text(room.url),
        ) from error


def _committed(repository: pygit2.Repository, room: _Room, start: str, build: Build, who: pygit2.Signature) -> str:
    """The commit that `build` asks for on top of `start`; `start` itself where it changes nothing."""
    parent = repository.get(start) if start else None
    base = parent if isinstance(parent, pygit2.Commit) else None
    tree = GitTree(repository, base, redact.text(room.url), lambda: None) if base is not None else None
    edit = build(tree)
    if edit is None:
        return start
    return git_edit.committed(repository, base, edit, who)
