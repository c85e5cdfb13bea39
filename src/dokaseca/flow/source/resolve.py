"""A revision as people write it to a commit. Pure (Argo CD: B3)."""

from __future__ import annotations

from dokaseca.flow.source import ref
from dokaseca.flow.source.ref import RefKind
from dokaseca.kit import semver
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Refs


def resolve(refs: Refs, target_revision: str, *, subject: str) -> str:
    """The commit SHA that `target_revision` stands for.

    Raises:
        UserError: reason UnknownRevision: no branch, tag or commit of that name.
    """
    kind = ref.classify(target_revision)
    if kind is RefKind.SHA:
        return target_revision
    found = {
        RefKind.HEAD: lambda: refs.by_name.get("HEAD"),
        RefKind.CONSTRAINT: lambda: _best_tag_or_none(refs, target_revision),
        RefKind.NAME: lambda: _named_or_none(refs, target_revision),
    }[kind]()
    if found is None:
        names = ", ".join(sorted(name.split("/", 2)[-1] for name in refs.by_name if name != "HEAD")[:8]) or "none"
        raise UserError(
            f"unable to resolve '{target_revision or 'HEAD'}' to a commit SHA; push it or correct targetRevision "
            f"(branches and tags there: {names})",
            reason="UnknownRevision",
            subject=subject,
        )
    return found


def _best_tag_or_none(refs: Refs, constraint: str) -> str | None:
    tags = {name.removeprefix("refs/tags/"): sha for name, sha in refs.by_name.items() if name.startswith("refs/tags/")}
    best = semver.best_or_none(constraint, tags)
    return tags[best] if best is not None else _named_or_none(refs, constraint)


def _named_or_none(refs: Refs, name: str) -> str | None:
    for candidate in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        if candidate in refs.by_name:
            return refs.by_name[candidate]
    if ref.is_short_sha(name):
        return next((sha for sha in refs.by_name.values() if sha.startswith(name)), None)
    return None
