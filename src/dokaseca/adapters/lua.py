"""Health scripts in Lua, run in a child process: `ports.health_scripts.HealthScripts`."""

from __future__ import annotations

import sys

import orjson

from dokaseca.adapters.process import Worker
from dokaseca.model.errors import UserError
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest

SECONDS = 4.0  # a new child takes half a second to start; most endless scripts it stops by itself within one


class LuaScripts:
    """One long-lived child, started when the first script has to run."""

    def __init__(self, *, timeout_seconds: float = SECONDS) -> None:
        argv = (sys.executable, "-m", "dokaseca.adapters.lua_worker")
        self._worker = Worker(argv, timeout_seconds=timeout_seconds)

    async def run(self, script: str, live: Manifest, *, open_libs: bool) -> Verdict | None:
        request = orjson.dumps({"script": script, "object": live, "open_libs": open_libs})
        try:
            answer = orjson.loads(await self._worker.ask(request))
        except UserError as error:
            raise UserError("takes more memory than a script may", reason="HealthScriptFailed") from error
        if "error" in answer:
            raise UserError(answer["error"], reason="HealthScriptFailed")
        if not answer["status"]:
            return None
        if answer["status"] not in list(Health):
            raise UserError(
                f"returns the health {answer['status']!r}; say one of {', '.join(Health)}", reason="HealthScriptFailed"
            )
        return Verdict(Health(answer["status"]), answer["message"])

    async def close(self) -> None:
        """End the child; idempotent."""
        await self._worker.close()
