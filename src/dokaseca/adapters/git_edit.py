"""Commits, notes and tags made as objects, without a work tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import pygit2
from pygit2.enums import FileMode

from dokaseca.kit import bounds, paths
from dokaseca.model.errors import ConflictError, UserError
from dokaseca.ports.git_write import Author, Edit, Note

_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_UNFIT: Final = re.compile(r"[<>\x00-\x1f\x7f]")


def ref(prefix: str, name: str) -> str:
    """The full name of a branch, tag or notes ref.

    Raises:
        UserError: reason InvalidSpecError: git has no such names.
    """
    full = f"{prefix}{name}"
    if not name or name.startswith("-") or not pygit2.reference_is_valid_name(full):
        raise UserError(f"{name[:200]!r} is no name of a branch or tag; correct it", reason="InvalidSpecError")
    return full


def signature(author: Author, now: datetime) -> pygit2.Signature:
    """Who commits, and when.

    Raises:
        UserError: reason InvalidAuthor.
    """
    if any(not one.strip() or _UNFIT.search(one) for one in (author.name, author.email)):
        raise UserError(
            "the author of commits needs a name and an address, in one line and without < and >; correct it",
            reason="InvalidAuthor",
        )
    return pygit2.Signature(author.name, author.email, int(now.timestamp()), 0)


def held(repository: pygit2.Repository, prefix: str, refs: Iterable[str]) -> dict[str, str]:
    """Where our copies of the remote's refs stand."""
    found = ((name, repository.references.get(f"{prefix}{name}")) for name in refs)
    return {name: str(reference.target) for name, reference in found if reference is not None}


def committed(repository: pygit2.Repository, base: pygit2.Commit | None, edit: Edit, who: pygit2.Signature) -> str:
    """The SHA of a commit with the edit on top of `base`; the base's own where nothing changes.

    Raises:
        UserError: the edit is too large, leaves the repository, or wants a folder where a file is.
    """
    _check(edit)
    index = pygit2.Index()
    if base is not None:
        index.read_tree(base.tree)
    for path, content in sorted(edit.files.items()):
        if content is None:
            if path in index:
                index.remove(path)
            continue
        _require_place(index, base, path)
        index.add(pygit2.IndexEntry(path, repository.create_blob(content), FileMode.BLOB))
    tree = index.write_tree(repository)
    if base is not None and tree == base.tree_id:
        return str(base.id)
    parents = [base.id] if base is not None else []
    return str(repository.create_commit(None, who, who, _message(edit), tree, parents))


def noted(repository: pygit2.Repository, name: str, old: str, note: Note, who: pygit2.Signature) -> str:
    """The SHA of the notes with this one among them; `old` where it is already."""
    if name in repository.references:  # of an attempt that was never pushed
        repository.references.delete(name)
    if old:
        repository.references.create(name, old)
        if _note_or_none(repository, name, note.commit) == note.text:
            return old
    repository.create_note(note.text, who, who, note.commit, name, True)
    return str(repository.references[name].target)


def tagged(repository: pygit2.Repository, name: str, sha: str, message: str, who: pygit2.Signature) -> str:
    """The SHA of a new annotated tag."""
    full = f"refs/tags/{name}"
    if full in repository.references:  # of an attempt that was never pushed
        repository.references.delete(full)
    return str(repository.create_tag(name, pygit2.Oid(hex=sha), pygit2.enums.ObjectType.COMMIT, who, message))


def require_tagged(repository: pygit2.Repository, tag: str, sha: str, name: str) -> None:
    """Have a tag that exists be on this commit.

    Raises:
        ConflictError: reason TagExists.
    """
    found = repository[tag].peel(pygit2.Commit)
    if str(found.id) != sha:
        raise ConflictError(
            f"tag {name} exists on commit {str(found.id)[:12]} and is not moved to {sha[:12]}; choose another name",
            reason="TagExists",
        )


def _note_or_none(repository: pygit2.Repository, name: str, commit: str) -> str | None:
    try:
        return str(repository.lookup_note(commit, name).message)
    except KeyError:
        return None


def _message(edit: Edit) -> str:
    body = edit.message.replace("\0", "").strip() or "Update"
    lines = [f"{key}: {' '.join(value.split())}" for key, value in edit.trailers.items() if _KEY.match(key)]
    return f"{body}\n\n" + "".join(f"{line}\n" for line in lines) if lines else f"{body}\n"


def _check(edit: Edit) -> None:
    total = sum(len(content) for content in edit.files.values() if content is not None)
    if len(edit.files) > bounds.GIT_COMMIT_FILES or total > bounds.GIT_COMMIT_BYTES:
        raise UserError(
            f"a commit of {len(edit.files)} files with {total} bytes is more than {bounds.GIT_COMMIT_FILES} files or "
            f"{bounds.GIT_COMMIT_BYTES} bytes; write to several branches",
            reason="TooLarge",
        )
    for path in edit.files:
        if not _is_plain(path):
            raise UserError(
                f"{path[:200]!r} is no path of a file inside the repository; correct it", reason="InvalidPath"
            )


def _is_plain(path: str) -> bool:
    try:
        joined = paths.join(path)
    except paths.EscapesJail:
        return False
    return bool(path) and joined == path and ".git" not in path.lower().split("/")


def _require_place(index: pygit2.Index, base: pygit2.Commit | None, path: str) -> None:
    """No file or link of others gives way to a folder of ours, and no folder to a file."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        above = "/".join(parts[:count])
        if above in index:
            raise UserError(
                f"{above} is a file or link in the repository, and {path} needs a folder there; move one of them",
                reason="InvalidPath",
            )
    if base is not None and path in base.tree and isinstance(base.tree[path], pygit2.Tree):
        raise UserError(f"{path} is a folder in the repository, where a file is to be; move it", reason="InvalidPath")
