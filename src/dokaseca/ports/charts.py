"""Helm chart repositories over HTTP(S)."""

from __future__ import annotations

from typing import Protocol

from dokaseca.model.revision import ChartVersion


class Charts(Protocol):
    """All chart repositories by URL."""

    async def resolve(self, repository: str, chart: str, version: str, project: str = "") -> ChartVersion:
        """The chart pinned: an exact version as it is, a semver constraint or `*` to its greatest match.

        Args:
            project: whose own credentials may be used; what is read with them is kept apart from the rest.

        Raises:
            UserError: reasons InvalidCredentials (the Secret for it is wrong), ChartNotFound (the repository answers
                and has no such chart or version), InvalidIndex, UnsupportedSource (no http:// or https:// URL),
                UnsafeRedirect (from TLS to plain text, or out of HTTP).
            TransientError: reason RepositoryUnreachable: no answer.
            DeniedError: credentials refused.
        """
        ...

    async def archive(self, version: ChartVersion) -> bytes:
        """The chart's `.tgz`, from the cache where it was fetched before.

        Raises:
            IntegrityError: its digest differs from the index.
            TransientError: as `resolve`.
            UserError: reasons TooLarge, InvalidChart (links, or names that leave the chart), UnsafeRedirect.
        """
        ...
