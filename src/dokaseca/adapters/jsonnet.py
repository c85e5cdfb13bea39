"""Jsonnet, evaluated by rjsonnet in a thread: `ports.renderer.Jsonnet`."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Mapping
from typing import Any

import orjson

from dokaseca.kit import bounds, paths
from dokaseca.model.errors import TransientError, UserError
from dokaseca.ports.renderer import Files

STACK = 200  # nested calls: what jsonnet itself allows by default


class JsonnetLibrary:
    """Imports resolve in the given files only."""

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
        import rjsonnet

        def load(folder: str, name: str) -> tuple[str, str | None]:
            for base in (folder, *library_paths):
                try:
                    found = paths.join(base, name)
                except paths.EscapesJail:
                    continue
                if found in files:
                    return found, files[found].decode()
            raise RuntimeError(f"import {name} is not in the repository")

        def run() -> str:
            return str(
                rjsonnet.evaluate_snippet(
                    path,
                    files[path].decode(),
                    max_stack=STACK,
                    ext_vars=dict(ext_vars),
                    ext_codes=dict(ext_code),
                    tla_vars=dict(tla_vars),
                    tla_codes=dict(tla_code),
                    import_callback=lambda folder, name: load(posixpath.normpath(folder or "."), name),
                )
            )

        try:
            async with asyncio.timeout(bounds.RENDER_SECONDS):
                return orjson.loads(await asyncio.to_thread(run))
        except TimeoutError as error:
            raise TransientError(f"jsonnet took too long at {path}", reason="RenderTimeout") from error
        except (RuntimeError, ValueError) as error:
            raise UserError(f"jsonnet: {error}", reason="JsonnetFailed", subject=path) from error
