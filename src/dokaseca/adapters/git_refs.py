"""The refs of a repository: read by libgit2 where it lies on this machine, out of `git ls-remote` where it does not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pygit2

from dokaseca.kit import digest
from dokaseca.ports.git import Refs

DETACHED = "refs/dokaseca/HEAD"  # where a mirror keeps a HEAD that no branch stands for
_SERVED = ("refs/heads/", "refs/tags/")


def open_repository(path: Path) -> pygit2.Repository:
    """The repository at exactly this path.

    Raises:
        pygit2.GitError, ValueError: there is none.
    """
    return pygit2.Repository(str(path), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)


def of_local(path: Path) -> Refs:
    """The refs of a repository on this machine.

    Raises:
        pygit2.GitError, KeyError, ValueError, OSError: there is no sound repository.
    """
    with _opened(path) as repository:
        by_name = dict(_peeled(repository, _SERVED))
        head = repository.lookup_reference("HEAD")
        target, is_detached = str(head.target), head.type != pygit2.enums.ReferenceType.SYMBOLIC
    if is_detached:
        return _refs({**by_name, "HEAD": target}, "")
    return _refs({**by_name, "HEAD": by_name[target]}, target) if target in by_name else _refs(by_name, "")


def of_ls_remote(text: str) -> Refs:
    """The refs that `git ls-remote --symref` lists; annotated tags are peeled."""
    by_name: dict[str, str] = {}
    default = ""
    for line in text.splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: "):
            default = value.removeprefix("ref: ") if name == "HEAD" else default
        elif name == "HEAD" or name.startswith(_SERVED):
            by_name[name.removesuffix("^{}")] = value
    return _refs(by_name, default if default in by_name else "")


def wanted(refs: Refs) -> dict[str, str]:
    """What a mirror must hold to serve `refs`."""
    found = {name: sha for name, sha in refs.by_name.items() if name != "HEAD"}
    if "HEAD" in refs.by_name and not refs.default_branch:
        found[DETACHED] = refs.by_name["HEAD"]
    return found


def held_or_none(path: Path) -> dict[str, str] | None:
    """What a mirror holds, None when it is absent or damaged.

    Git moves a ref only after all objects below it have arrived, so that refs tell what is complete; that an object is
    there does not.
    """
    try:
        with _opened(path) as repository:
            return dict(_peeled(repository, (*_SERVED, DETACHED)))
    except (pygit2.GitError, KeyError, ValueError, OSError):
        return None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[pygit2.Repository]:
    """A repository for a moment; freed by hand, else its files stay open and cached until garbage is collected."""
    repository = open_repository(path)
    try:
        yield repository
    finally:
        repository.free()


def _peeled(repository: pygit2.Repository, prefixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in repository.references:
        reference = repository.references.get(name) if name.startswith(prefixes) else None
        if reference is not None:  # None: it was deleted while we looked
            yield name, str(reference.peel().id)


def _refs(by_name: dict[str, str], default: str) -> Refs:
    return Refs(by_name, digest.of_value({"refs": by_name, "head": default}), default)
