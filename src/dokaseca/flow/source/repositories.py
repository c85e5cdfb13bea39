"""All repositories in use: one mirror and one poll each, and who wants to know of new commits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from dokaseca.flow.source import resolve
from dokaseca.kit import redact
from dokaseca.model.errors import DokaSecaError, NotFoundError
from dokaseca.ports.git import Git, Tree
from dokaseca.runtime.backoff import Backoff

log = logging.getLogger("dokaseca.source")

LOCAL_SECONDS = 0.3  # a probe of a local repository costs well under a millisecond
FAILURES = 3  # looks in a row that may fail before what was last read stops counting (remote: Argo CD's 180 s grace)
REMOTE_SECONDS = 60.0  # Argo CD polls every 120 to 180 s; one probe serves all Applications of a repository


_Key = tuple[str, str]  # URL, and the project whose own credentials it is read with


@dataclass(slots=True)
class _Watched:
    digest: str = ""
    failures: int = 0
    error: DokaSecaError | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Repositories:
    """Turns (URL, targetRevision) into trees, and polls every watched URL.

    Args:
        git: the door to repositories.
        start: starts a named background task (a supervisor's `start`).
        is_local: whether a URL is cheap to poll.
        scope: the project itself where it has credentials of its own for a URL, else empty.
    """

    def __init__(
        self,
        git: Git,
        start: Callable[[str, Coroutine[None, None, None]], object],
        is_local: Callable[[str], bool],
        scope: Callable[[str, str], str] = lambda _url, _project: "",
    ) -> None:
        self._git = git
        self._start = start
        self._is_local = is_local
        self._scope = scope
        self._watched: dict[_Key, _Watched] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._backoff = Backoff(first_seconds=1.0, limit_seconds=60.0)

    def add_listener(self, changed: Callable[[str], None]) -> None:
        """Call `changed(url)` whenever the refs of a watched repository have moved, and when it fails or is back."""
        self._listeners.append(changed)

    def watch(self, url: str) -> None:
        """Poll `url` from now on; known URLs are left alone."""
        self._watch((url, ""))

    def _watch(self, key: _Key) -> None:
        if key not in self._watched:
            self._watched[key] = _Watched()
            self._start(f"poll/{redact.text(' '.join(key).strip())}", self._poll(key))

    def watched(self) -> tuple[str, ...]:
        """The URLs that are polled."""
        return tuple(dict.fromkeys(url for url, _ in self._watched))

    def notify(self, url: str) -> None:
        """Look at `url` now: somebody pushed."""
        for (watched_url, _), watched in self._watched.items():
            if watched_url == url:
                watched.wake.set()

    def error_or_none(self, url: str) -> DokaSecaError | None:
        """Why the last look at `url` failed; None when it succeeded."""
        watched = self._watched.get((url, ""))
        return watched.error if watched else None

    async def tree(self, url: str, target_revision: str, project: str = "", tag_prefix: str = "") -> Tree:
        """The files of `url` at `target_revision`, as of the last look.

        Args:
            project: whose own credentials may be used.
            tag_prefix: as in `resolve`.

        Raises:
            UserError: reason UnknownRevision.
            TransientError: the repository has never been read, or for some time now, and does not answer.
            DeniedError: it refused our credentials.
        """
        scope = self._scope(url, project)
        if scope:
            self._watch((url, scope))
        watched = self._watched.get((url, scope))
        if watched is not None and watched.error is not None and watched.failures >= FAILURES:
            raise watched.error.with_traceback(None)  # it is raised again and again: it must not grow
        refs = self._git.refs_or_none(url, scope) or await self._git.fetch(url, scope)
        subject = redact.text(url)
        revision = resolve.resolve(refs, target_revision, subject=subject, tag_prefix=tag_prefix)
        try:
            return await self._git.tree(url, revision, scope)
        except NotFoundError as error:  # a revision that is wrong must not look like an object that is gone
            raise resolve.unknown(refs, target_revision, subject=subject) from error

    async def refresh(self, url: str, project: str = "") -> None:
        """Look at `url` now, and wait for what it holds.

        Raises:
            TransientError, DeniedError: it cannot be read.
        """
        await self._git.fetch(url, self._scope(url, project))

    async def _poll(self, key: _Key) -> None:
        watched = self._watched[key]
        while True:
            await self._look(key, watched)
            pause = LOCAL_SECONDS if self._is_local(key[0]) else REMOTE_SECONDS
            if watched.failures:
                pause = max(pause, self._backoff.delay_seconds(watched.failures - 1))
            try:
                async with asyncio.timeout(pause):
                    await watched.wake.wait()
            except TimeoutError:
                continue
            watched.wake.clear()

    async def _look(self, key: _Key, watched: _Watched) -> None:
        url, scope = key
        seen = self._git.refs_or_none(url, scope)  # what `tree` has told so far, should it have looked before us
        before = watched.digest or (seen.digest if seen else "")
        try:
            refs = await self._git.probe(url, scope)
            if refs.digest != watched.digest:
                refs = await self._git.fetch(url, scope)
        except DokaSecaError as error:
            if watched.error is None:
                log.warning(
                    "repository cannot be read", extra={"fields": {"repository": redact.text(url), "error": str(error)}}
                )
            watched.failures += 1
            watched.error = error
            if watched.failures == FAILURES:
                self._tell(url)
            return
        moved = bool(before) and refs.digest != before
        back = watched.error is not None
        watched.digest, watched.failures, watched.error = refs.digest, 0, None
        if moved or back:
            self._tell(url)

    def _tell(self, url: str) -> None:
        for listener in self._listeners:
            listener(url)
