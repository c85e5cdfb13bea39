"""What the engine does with an operation, as scripted by a test: begin it, then end it or leave it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from tests.unit.cli.platform import Platform

from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError
from dokaseca.model.manifest import Manifest

RESULT = {
    "group": "apps",
    "version": "v1",
    "kind": "Deployment",
    "namespace": "default",
    "name": "web",
    "status": "Synced",
    "message": "deployment.apps/web configured",
    "syncPhase": "Sync",
    "hookPhase": "Running",
}
HOOK = {**RESULT, "group": "batch", "kind": "Job", "name": "before", "status": "", "message": ""} | {
    "hookPhase": "Succeeded",
    "syncPhase": "PreSync",
}


class Controller:
    """Answers operations of a hub.

    Attributes:
        endings: phase and message by Application name; others are begun and never end.
        asked: every operation that was begun, by Application name.
    """

    def __init__(self, platform: Platform, endings: Mapping[str, tuple[str, str]]) -> None:
        self._hub = platform.hub
        self._endings = endings
        self.asked: dict[str, dict[str, Any]] = {}

    async def run(self) -> None:
        listing = await self._hub.list(applications.GVK)
        position = listing.resource_version
        while True:
            async for event in self._hub.watch(applications.GVK, resource_version=position):
                position = manifests.resource_version(event.object)
                if event.type in ("ADDED", "MODIFIED"):
                    await self._look(event.object)

    async def _look(self, application: Manifest) -> None:
        name, operation = manifests.name(application), application.get("operation")
        if operation is None or manifests.get(application, "status", "operationState"):
            return
        self.asked[name] = operation
        begun = {"phase": "Running", "operation": operation, "startedAt": "2026-01-01T00:00:00Z", "message": "waiting"}
        await self._write(name, {"status": {"operationState": begun}})
        if name in self._endings:
            phase, message = self._endings[name]
            result = {"revision": "a", "resources": [HOOK, RESULT]}
            ended = {**begun, "phase": phase, "message": message, "syncResult": result}
            await self._write(name, {"status": {"operationState": ended}, "operation": None})

    async def _write(self, name: str, patch: Manifest) -> None:
        with contextlib.suppress(NotFoundError):  # deleted meanwhile
            await self._hub.patch(applications.GVK, "argocd", name, patch)
