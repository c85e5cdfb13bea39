"""Makes repositories for a new platform, and commits to work trees as its user would."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pygit2

from dokaseca.adapters import process
from dokaseca.adapters.git_program import ENVIRONMENT
from dokaseca.kit import redact
from dokaseca.model.errors import UserError

BRANCH = "main"
GIT_SECONDS = 30.0
AUTHOR = ("DoKa Seca", "platform@dokaseca.local")


def create_bare(path: Path, files: Mapping[str, bytes], *, message: str) -> str:
    """A new bare repository with one commit of `files` on `main`; what stood at `path` is replaced.

    Returns:
        The commit's SHA.

    Raises:
        UserError: reason StateUnusable: the folder cannot be written.
    """
    with _writing(path):
        shutil.rmtree(path, ignore_errors=True)
        repository = pygit2.init_repository(str(path), bare=True, initial_head=BRANCH)
        tree = _write_tree(repository, files)
        who = pygit2.Signature(*AUTHOR)
        return str(repository.create_commit(f"refs/heads/{BRANCH}", who, who, message, tree, []))


def clone_worktree(bare: Path, path: Path) -> None:
    """A clone of `bare` at `path`, its `origin`; commits there have an author even where the user told Git no name.

    It is built beside its place and moved there whole: a crash leaves none or all of it.

    Raises:
        UserError: reason StateUnusable: something is at `path` already, or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.new")
    with _writing(path):
        shutil.rmtree(temporary, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        clone = pygit2.clone_repository(str(bare), str(temporary))
        if not _has_identity():
            clone.config["user.name"], clone.config["user.email"] = AUTHOR
        clone.free()
        temporary.rename(path)


async def commit_and_push(
    work_tree: Path, *, write: Mapping[str, bytes] | None = None, remove: Iterable[str] = (), message: str
) -> str:
    """Change files in a work tree, commit all of it and push, by the git program.

    Returns:
        The new commit's SHA.

    Raises:
        UserError: git refused (its last line says why).
    """
    for path, content in (write or {}).items():
        target = work_tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for path in remove:
        (work_tree / path).unlink()
    await _git(work_tree, "add", "--all")
    await _git(work_tree, "commit", "--quiet", "--message", message)
    await _git(work_tree, "push", "--quiet", "origin", f"HEAD:{BRANCH}")
    return (await _git(work_tree, "rev-parse", "HEAD")).decode().strip()


async def _git(work_tree: Path, *arguments: str) -> bytes:
    env = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("GIT_CONFIG")}
    argv = ["git", "-C", str(work_tree), "-c", "commit.gpgsign=false", *arguments]
    completed = await process.run(argv, timeout_seconds=GIT_SECONDS, env=env)
    if completed.returncode != 0:
        said = redact.text((completed.stderr.strip() or completed.stdout.strip()).decode(errors="replace") or "nothing")
        raise UserError(f"git {arguments[0]} failed: {said}", reason="GitFailed", subject=str(work_tree))
    return completed.stdout


def _write_tree(repository: pygit2.Repository, files: Mapping[str, bytes]) -> pygit2.Oid:
    index = pygit2.Index()
    for path, content in sorted(files.items()):
        blob = repository.create_blob(content)
        index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
    return index.write_tree(repository)


def _has_identity() -> bool:
    """Whether the user told Git a name and an address, in any of the files where plain git looks for them."""
    found: set[str] = set()
    for read in (pygit2.Config.get_system_config, pygit2.Config.get_xdg_config, pygit2.Config.get_global_config):
        with contextlib.suppress(OSError):
            config = read()
            found |= {name for name in ("user.name", "user.email") if name in config}
    return len(found) == 2


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pygit2.GitError) as error:
        raise UserError(
            f"the repository cannot be made here ({error}); move away what is in the way, or correct the permissions",
            reason="StateUnusable",
            subject=str(path),
        ) from error
