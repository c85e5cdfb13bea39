"""Which commit or chart version a source stands at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """A Git commit: `sha` 40 hex digits, `tree` the hash of its root tree."""

    sha: str
    tree: str
    author: str = ""
    date: datetime | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class ChartVersion:
    """A chart in a Helm repository, pinned: `digest` is the archive's sha256 (hex), empty when the index has none.

    `scope` is the project whose own credentials it is read with, empty for everybody's.
    """

    repository: str
    chart: str
    version: str
    url: str
    digest: str = ""
    scope: str = ""
