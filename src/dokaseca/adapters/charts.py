"""Helm chart repositories over HTTP(S): `ports.charts.Charts`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from dokaseca.adapters import chart_index, http_access, http_answer
from dokaseca.adapters.git import Logins, anonymous
from dokaseca.flow.render import chart_archive
from dokaseca.flow.source.access import Access
from dokaseca.kit import bounds, digest, redact, semver
from dokaseca.model.errors import DeniedError, DokaSecaError, IntegrityError, TransientError, UserError
from dokaseca.model.revision import ChartVersion
from dokaseca.ports.object_store import ObjectStore

if TYPE_CHECKING:
    import aiohttp

CONNECT_SECONDS = 5.0
INDEX_SECONDS = 30.0  # how long an index is believed before the server is asked again
MISS_SECONDS = 5.0  # what an index does not hold may just have been published: then it is believed for less
FAILURE_SECONDS = 20.0  # a repository that did not answer is not asked again by every Application


@dataclass(slots=True)
class _Index:
    charts: dict[str, chart_index.Versions]
    read_at: float
    failure: DokaSecaError | None = None
    identity: str = ""  # of the access that it was read with


_Key = tuple[str, str]  # repository, and the project whose own credentials it is read with


class HttpCharts:
    """Indexes in memory, archives in the store by their digest.

    Args:
        logins: tells how a repository is reached, on behalf of a project or of everybody.
        scope: the project itself where it has credentials of its own for a repository, else empty.
    """

    def __init__(
        self,
        store: ObjectStore,
        logins: Logins = anonymous,
        scope: Callable[[str, str], str] = lambda _url, _project: "",
    ) -> None:
        self._store = store
        self._logins = logins
        self._scope = scope
        self._indexes: dict[_Key, _Index] = {}
        self._locks: dict[_Key, asyncio.Lock] = {}
        self._session: aiohttp.ClientSession | None = None

    async def resolve(self, repository: str, chart: str, version: str, project: str = "") -> ChartVersion:
        if not repository.startswith(("http://", "https://")):
            raise UserError(
                "chart repositories are read over http:// and https:// with an index.yaml; this URL is neither",
                reason="UnsupportedSource",
                subject=redact.text(repository),
            )
        key = (repository, self._scope(repository, project))
        access = await self._logins(*key)
        known = self._indexes.get(key)
        is_good = known is not None and known.failure is None and known.identity == access.identity
        found = self._find_or_none(key, chart, version, known.charts) if known is not None and is_good else None
        if found is not None and not semver.is_constraint(version):
            return found  # a published version does not change
        charts = await self._charts(key, access)
        found = self._find_or_none(key, chart, version, charts)
        if found is None:
            charts = await self._charts(key, access, MISS_SECONDS)
            found = self._find_or_none(key, chart, version, charts)
        if found is not None:
            return found
        raise _not_found(repository, chart, version, charts)

    async def archive(self, version: ChartVersion) -> bytes:
        scope = [version.scope] if version.scope else []
        key = digest.of_value(["chart", version.url, version.digest, *scope])
        cached = self._store.get_or_none(key)
        if cached is not None:
            return cached
        access = await self._logins(version.repository, version.scope)
        content = await self._get(version.url, bounds.CHART_ARCHIVE_BYTES, version.repository, access)
        if version.digest and digest.of_bytes(content) != version.digest:
            raise IntegrityError(
                f"chart {version.chart} {version.version} does not have the digest that the index tells; "
                "do not use it before you know why",
                reason="DigestMismatch",
                subject=redact.text(version.url),
            )
        chart_archive.check(content, subject=redact.text(version.url))
        self._store.put(key, content)
        return content

    async def close(self) -> None:
        """Give back connections; idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _find_or_none(
        self, key: _Key, chart: str, version: str, charts: dict[str, chart_index.Versions]
    ) -> ChartVersion | None:
        versions = charts.get(chart, {})
        exact = next((one for one in (version, version.removeprefix("v"), f"v{version}") if one in versions), None)
        best = exact or semver.best_or_none(version or "*", versions)
        if best is None:
            return None
        url, checksum = versions[best]
        return ChartVersion(key[0], chart, best, url, checksum, key[1])

    async def _charts(
        self, key: _Key, access: Access, age_seconds: float = INDEX_SECONDS
    ) -> dict[str, chart_index.Versions]:
        repository = key[0]
        async with self._locks.setdefault(key, asyncio.Lock()):
            now = time.monotonic()
            index = self._indexes.get(key)
            if index is not None and index.identity != access.identity:
                index = None  # the Secret has changed: what it gave or refused before does not count
            if index is not None and index.failure is not None and now - index.read_at < FAILURE_SECONDS:
                raise index.failure.with_traceback(None)  # it is raised again and again: it must not grow
            if index is not None and index.failure is None and now - index.read_at < min(age_seconds, INDEX_SECONDS):
                return index.charts
            try:
                at = urljoin(repository.rstrip("/") + "/", "index.yaml")
                text = await self._get(at, bounds.CHART_INDEX_BYTES, repository, access)
                charts = await asyncio.to_thread(chart_index.parse, text, repository)
            except DokaSecaError as error:
                self._indexes[key] = _Index({}, time.monotonic(), error, access.identity)
                raise
            self._indexes[key] = _Index(charts, time.monotonic(), None, access.identity)
            return charts

    async def _get(self, url: str, limit: int, repository: str, access: Access) -> bytes:
        """A file; the repository's login goes to the repository's own server only, wherever a redirect leads."""
        import aiohttp

        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=bounds.HTTP_SECONDS, sock_connect=CONNECT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True)
        try:
            for _ in range(http_answer.REDIRECTS + 1):
                options = http_access.options(url, repository, access)
                async with self._session.get(url, allow_redirects=False, **options) as response:
                    if response.status not in http_answer.REDIRECT_STATUSES:
                        _check_status(response.status, url)
                        return await http_answer.bounded(response, limit, url)
                    url = http_answer.redirected(url, response.headers.get("Location", ""))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _unreachable(url, http_answer.cause(error)) from error
        raise _unreachable(url, f"more than {http_answer.REDIRECTS} redirects")


def _check_status(status: int, url: str) -> None:
    if status in (401, 403):
        raise DeniedError(
            f"the chart repository refused our credentials (HTTP {status}); check the repository Secret",
            reason="RepositoryDenied",
            subject=redact.text(url),
        )
    if status in (404, 410):
        raise UserError(
            f"there is no such file (HTTP {status}); check repoURL: a Helm repository has an index.yaml",
            reason="ChartNotFound",
            subject=redact.text(url),
        )
    if status != 200:
        raise _unreachable(url, f"HTTP status {status}")


def _unreachable(url: str, why: str) -> TransientError:
    return TransientError(
        f"the chart repository does not answer ({why}); check the URL and the network, it is tried again",
        reason="RepositoryUnreachable",
        subject=redact.text(url),
    )


def _not_found(repository: str, chart: str, version: str, charts: dict[str, chart_index.Versions]) -> UserError:
    if chart not in charts:
        there = ", ".join(sorted(charts)[:8]) or "none"
        message = f"chart {chart!r} is not in the repository (charts there: {there}); correct spec.source.chart"
    else:
        there = ", ".join(sorted(charts[chart])[-8:])
        message = f"chart {chart!r} has no version {version!r} (there: {there}); correct targetRevision"
    return UserError(message, reason="ChartNotFound", subject=redact.text(repository))
