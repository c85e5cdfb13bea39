"""What kind of thing a `targetRevision` is. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from dokaseca.kit import semver


class RefKind(StrEnum):
    """How a revision is looked up."""

    HEAD = "HEAD"
    SHA = "sha"
    CONSTRAINT = "constraint"
    NAME = "name"


_SHA = re.compile(r"[0-9a-fA-F]{40}\Z")
_SHORT_SHA = re.compile(r"[0-9a-fA-F]{7,39}\Z")


def classify(target_revision: str) -> RefKind:
    """Argo CD: empty or HEAD, 40 hex digits, a semver constraint (an exact version is none), else a ref name."""
    if target_revision in ("", "HEAD"):
        return RefKind.HEAD
    if _SHA.match(target_revision):
        return RefKind.SHA
    if semver.is_constraint(target_revision):
        return RefKind.CONSTRAINT
    return RefKind.NAME


def is_short_sha(target_revision: str) -> bool:
    """Whether it may be the beginning of a commit's SHA."""
    return bool(_SHORT_SHA.match(target_revision))
