"""Git: bare mirrors fetched by the git program, read by libgit2."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pygit2

from dokaseca.adapters import process
from dokaseca.adapters.git_tree import GitTree
from dokaseca.kit import bounds, digest, redact
from dokaseca.model.errors import DeniedError, NotFoundError, TransientError
from dokaseca.ports.git import Refs, Tree

PROBE_SECONDS = 15.0  # Argo CD: git request timeout
ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file:https:http:ssh",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=10",
    "LC_ALL": "C",
}
_DENIED = ("authentication failed", "could not read username", "permission denied", "403", "401")


def local_path_or_none(url: str) -> Path | None:
    """The folder that a `file://` URL or an absolute path names, None for anything remote."""
    if url.startswith("/"):
        return Path(url)
    if url.startswith("file://"):
        return Path(unquote(urlsplit(url).path))
    return None


class GitMirrors:
    """`ports.git.Git`: every repository mirrored once, in a folder named by the digest of its URL."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._refs: dict[str, Refs] = {}
        self._fetching: dict[str, asyncio.Lock] = {}
        self._repositories: dict[str, pygit2.Repository] = {}

    async def probe(self, url: str) -> Refs:
        path = local_path_or_none(url)
        if path is not None:
            return _local_refs(url, path)
        completed = await self._git(url, "ls-remote", "--symref", "--", url, seconds=PROBE_SECONDS)
        return _parse_ls_remote(completed.stdout.decode(errors="replace"))

    async def fetch(self, url: str) -> Refs:
        lock = self._fetching.setdefault(url, asyncio.Lock())
        async with lock:
            refs = await self.probe(url)
            known = self._refs.get(url)
            if known is not None and known.digest == refs.digest:
                return known
            await self._update(url, refs)
            self._refs[url] = refs
            return refs

    def refs_or_none(self, url: str) -> Refs | None:
        return self._refs.get(url)

    async def tree(self, url: str, sha: str) -> Tree:
        repository = self._open(url)
        commit = _commit_or_none(repository, sha) if repository else None
        if commit is None:
            await self._fetch_again(url)
            repository = self._open(url)
            commit = _commit_or_none(repository, sha) if repository else None
        if commit is None or repository is None:
            raise NotFoundError(
                f"commit {sha[:12]} is not in the repository", reason="UnknownRevision", subject=redact.text(url)
            )
        return GitTree(repository, commit, redact.text(url))

    async def _fetch_again(self, url: str) -> None:
        self._refs.pop(url, None)
        await self.fetch(url)

    async def _update(self, url: str, refs: Refs) -> None:
        mirror = self._mirror(url)
        repository = self._open(url)
        if repository is not None and all(sha in repository for sha in refs.by_name.values()):
            return
        if repository is None:
            await asyncio.to_thread(_start_mirror, mirror)
        await self._git(
            url,
            f"--git-dir={mirror}",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "gc.auto=0",
            "fetch",
            "--quiet",
            "--prune",
            "--force",
            "--no-write-fetch-head",
            "--",
            url,
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*",
            seconds=bounds.GIT_FETCH_SECONDS,
        )
        self._repositories.pop(url, None)

    def _open(self, url: str) -> pygit2.Repository | None:
        repository = self._repositories.get(url)
        if repository is None:
            mirror = self._mirror(url)
            if not mirror.exists():
                return None
            try:
                repository = pygit2.Repository(str(mirror), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
            except pygit2.GitError:  # half made when a process died: made anew
                shutil.rmtree(mirror, ignore_errors=True)
                return None
            self._repositories[url] = repository
        return repository

    def _mirror(self, url: str) -> Path:
        return self._folder / f"{digest.of_bytes(url.removesuffix('/').removesuffix('.git').encode())[:32]}.git"

    async def _git(self, url: str, *arguments: str, seconds: float) -> process.Completed:
        try:
            completed = await process.run(["git", *arguments], timeout_seconds=seconds, env=ENVIRONMENT)
        except TransientError as error:
            raise _unreachable(url, error.message) from error
        if completed.returncode == 0:
            return completed
        message = _last_line(completed.stderr.decode(errors="replace"))
        if any(sign in message.lower() for sign in _DENIED):
            raise DeniedError(
                f"the repository refused our credentials ({redact.text(message)}); check the repository Secret",
                reason="RepositoryDenied",
                subject=redact.text(url),
            )
        raise _unreachable(url, message)


def _start_mirror(mirror: Path) -> None:
    mirror.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(mirror, ignore_errors=True)
    pygit2.init_repository(str(mirror), bare=True)


def _local_refs(url: str, path: Path) -> Refs:
    try:
        repository = pygit2.Repository(str(path), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
        by_name: dict[str, str] = {}
        for name in repository.references:
            if name.startswith(("refs/heads/", "refs/tags/")):
                by_name[name] = str(repository.references[name].peel(pygit2.Commit).id)
        head = repository.lookup_reference("HEAD")
        default = str(head.target) if head.type == pygit2.enums.ReferenceType.SYMBOLIC else ""
        if default in by_name:
            by_name["HEAD"] = by_name[default]
        elif not default:
            by_name["HEAD"] = str(head.target)
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        raise _unreachable(url, "there is no Git repository at this path") from error
    return _refs(by_name, default)


def _parse_ls_remote(text: str) -> Refs:
    by_name: dict[str, str] = {}
    default = ""
    for line in text.splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: "):
            default = value.removeprefix("ref: ")
        elif name.endswith("^{}"):
            by_name[name.removesuffix("^{}")] = value
        elif name == "HEAD" or name.startswith(("refs/heads/", "refs/tags/")):
            by_name[name] = value
    return _refs(by_name, default)


def _refs(by_name: dict[str, str], default: str) -> Refs:
    return Refs(by_name, digest.of_value({"refs": by_name, "head": default}), default)


def _commit_or_none(repository: pygit2.Repository, sha: str) -> pygit2.Commit | None:
    try:
        found = repository.get(sha)
    except ValueError:
        return None
    return found if isinstance(found, pygit2.Commit) else None


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].removeprefix("fatal: ") if lines else "git said nothing"


def _unreachable(url: str, why: str) -> TransientError:
    return TransientError(
        f"the repository cannot be read ({redact.text(why)}); the last good state stays, it is tried again",
        reason="RepositoryUnreachable",
        subject=redact.text(url),
    )
