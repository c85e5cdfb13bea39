"""Health scripts that a platform's owner wrote (Argo CD's `resource.customizations.health`), run somewhere safe."""

from __future__ import annotations

from typing import Protocol

from dokaseca.model.health import Verdict
from dokaseca.model.manifest import Manifest


class HealthScripts(Protocol):
    """Runs one script on one object."""

    async def run(self, script: str, live: Manifest, *, open_libs: bool) -> Verdict | None:
        """What the script says, None where it says nothing.

        Raises:
            UserError: reason HealthScriptFailed: the script is wrong, or gives what is no health.
            TransientError: reason Timeout: it did not end in time and was stopped.
        """
        ...
