"""A revision as people write it to a commit. Pure (Argo CD: B3)."""

from __future__ import annotations

from dokaseca.flow.source import ref
from dokaseca.flow.source.ref import RefKind
from dokaseca.kit import semver
from dokaseca.model.errors import UserError
from dokaseca.ports.git import Refs

NAMES = 8  # in a message: enough to see a slip of the finger


def resolve(refs: Refs, target_revision: str, *, subject: str, tag_prefix: str = "") -> str:
    """What `target_revision` stands for: a commit's SHA, or the beginning of one when it looks like that.

    Args:
        tag_prefix: what the tags of one part of a monorepo begin with: a version or constraint is about what follows.

    Raises:
        UserError: reason UnknownRevision: no branch, tag or commit of that name.
    """
    kind = ref.classify(target_revision)
    if kind is RefKind.SHA:
        return target_revision.lower()
    if kind is RefKind.HEAD:
        found = refs.by_name.get("HEAD")
    elif kind is RefKind.CONSTRAINT:
        found = _best_tag_or_none(refs, target_revision, tag_prefix)
    elif tag_prefix and semver.parse_or_none(target_revision) is not None:
        found = refs.by_name.get(f"refs/tags/{tag_prefix}{target_revision}")
    else:
        found = _named_or_none(refs, target_revision)
    if found is None:
        raise unknown(refs, target_revision, subject=subject)
    return found


def unknown(refs: Refs, target_revision: str, *, subject: str) -> UserError:
    """The error that says what there is instead."""
    names = sorted({name.split("/", 2)[-1] for name in refs.by_name if name != "HEAD"})
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return UserError(
        f"unable to resolve '{target_revision or 'HEAD'}' to a commit SHA; push it or correct targetRevision "
        f"(branches and tags there: {', '.join(names[:NAMES]) or 'none'}{more})",
        reason="UnknownRevision",
        subject=subject,
    )


def _best_tag_or_none(refs: Refs, constraint: str, prefix: str) -> str | None:
    start = f"refs/tags/{prefix}"
    tags = {name.removeprefix(start): sha for name, sha in refs.by_name.items() if name.startswith(start)}
    best = semver.best_or_none(constraint, tags)
    if best is not None:
        return tags[best]
    return None if prefix else _named_or_none(refs, constraint)


def _named_or_none(refs: Refs, name: str) -> str | None:
    for candidate in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        if candidate in refs.by_name:
            return refs.by_name[candidate]
    return name.lower() if ref.is_short_sha(name) else None
