"""Has Applications looked at anew, each not too often."""

from __future__ import annotations

from collections.abc import Iterable

from dokaseca.controllers.application_set_writes import Writes
from dokaseca.kit.clock import Clock
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError
from dokaseca.model.manifest import Manifest

REFRESH_SECONDS = 10.0  # between two requests for one Application: a look that fails must not be a loop


class Refreshes:
    """Sets the refresh annotation, as Argo CD's progressive syncs do."""

    def __init__(self, writes: Writes, clock: Clock) -> None:
        self._writes = writes
        self._clock = clock
        self._asked: dict[str, float] = {}

    async def ask(self, existing: Iterable[Manifest], names: frozenset[str]) -> None:
        """Have those of `existing` that are named refreshed, unless they were asked a moment ago or are about to be."""
        now = self._clock.monotonic_seconds()
        self._asked = {uid: since for uid, since in self._asked.items() if now - since < REFRESH_SECONDS}
        for application in existing if names else ():
            uid = manifests.uid(application)
            is_asked = applications.REFRESH_ANNOTATION in manifests.annotations(application)
            if manifests.name(application) not in names or is_asked or uid in self._asked:
                continue
            self._asked[uid] = now
            try:
                await self._writes.refresh(application)
            except NotFoundError:
                continue
