"""Jsonnet, evaluated in child processes: `ports.renderer.Jsonnet`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from dokaseca.adapters import process
from dokaseca.kit import bounds
from dokaseca.model.errors import TransientError, UserError
from dokaseca.ports.renderer import Files

PARALLEL = 2  # a tenth of a second and 30 MB each; what was evaluated once comes from the cache


class JsonnetLibrary:
    """Imports resolve in the given files only; a program that never ends is stopped."""

    def __init__(self, *, timeout_seconds: float = bounds.RENDER_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._slots = asyncio.Semaphore(PARALLEL)

    async def evaluate(
        self,
        files: Files,
        path: str,
        *,
        ext_vars: Mapping[str, str],
        ext_code: Mapping[str, str],
        tla_vars: Mapping[str, str],
        tla_code: Mapping[str, str],
        library_paths: tuple[str, ...] = (),
    ) -> Any:
        request = {
            "files": _texts(files),
            "path": path,
            "ext_vars": dict(ext_vars),
            "ext_code": dict(ext_code),
            "tla_vars": dict(tla_vars),
            "tla_code": dict(tla_code),
            "library_paths": library_paths,
        }
        if path not in request["files"]:
            raise UserError("jsonnet: the file is not UTF-8 text", reason="JsonnetFailed", subject=path)
        answer = await self._ask(orjson.dumps(request), path)
        if "error" in answer:
            raise UserError(f"jsonnet: {answer['error']}", reason="JsonnetFailed", subject=path)
        return orjson.loads(answer["value"])

    async def _ask(self, request: bytes, path: str) -> dict[str, Any]:
        argv = [sys.executable, "-m", "dokaseca.adapters.jsonnet_worker"]
        async with self._slots:
            try:
                completed = await process.run(
                    argv, timeout_seconds=self._timeout_seconds, cwd=Path("/"), stdin=request, env={"PYTHONUTF8": "1"}
                )
            except TransientError as error:
                raise UserError(
                    f"jsonnet took longer than {self._timeout_seconds:g} s and was stopped; does it loop?",
                    reason="RenderTimeout",
                    subject=path,
                ) from error
        if completed.returncode != 0:
            raise UserError(
                "jsonnet: the program made the tool crash; look for loops and lists without end",
                reason="JsonnetFailed",
                subject=path,
            )
        answer: dict[str, Any] = orjson.loads(completed.stdout)
        return answer


def _texts(files: Files) -> dict[str, str]:
    """The files that are text: only these can be imported."""
    found = {}
    for path, content in files.items():
        try:
            found[path] = content.decode()
        except UnicodeDecodeError:
            continue
    return found
