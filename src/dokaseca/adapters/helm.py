"""Helm, rendered in worker processes: `ports.renderer.Helm`."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import json
import sys
import tarfile
import time
from collections.abc import Mapping

import orjson

from dokaseca.adapters.process import Worker
from dokaseca.kit import bounds
from dokaseca.model.errors import DokaSecaError, TransientError, UserError
from dokaseca.ports.renderer import HelmRequest

WORKERS = 3  # one renders 160 and more charts per second; the others are for the time in which a chart never ends
PATIENCE_SECONDS = 3.0  # one chart may take so long, a worker's own start included; another worker costs 65 MB


class HelmWorkers:
    """Long-lived workers. One serves all; further ones start when a runaway chart would hold the others up."""

    def __init__(self, *, workers: int = WORKERS, timeout_seconds: float = bounds.RENDER_SECONDS) -> None:
        argv = (sys.executable, "-m", "dokaseca.adapters.helm_worker")
        self._workers = [Worker(argv, timeout_seconds=timeout_seconds) for _ in range(workers)]
        self._unused = list(self._workers)
        self._free: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        self._busy_since: dict[Worker, float] = {}

    async def render(self, request: HelmRequest) -> str:
        archive = request.archive if request.archive is not None else pack(request.files)
        body = json.dumps(  # the plain encoder: a whole number in a value file may have more than 64 bits
            {
                "archive": base64.b64encode(archive).decode(),
                "release_name": request.release_name,
                "namespace": request.namespace,
                "values": dict(request.values),
                "integers": request.integers,
                "kube_version": request.kube_version,
                "api_versions": list(request.api_versions),
                "include_crds": request.include_crds,
                "skip_schema_validation": request.skip_schema_validation,
            }
        ).encode()
        worker = await self._take()
        self._busy_since[worker] = time.monotonic()
        try:
            answer = orjson.loads(await worker.ask(body))
        except DokaSecaError as error:
            raise _translated(error) from error
        finally:
            del self._busy_since[worker]
            self._free.put_nowait(worker)
        if "error" in answer:
            raise UserError(f"Helm: {answer['error']}", reason="HelmTemplateFailed")
        return str(answer["rendered"])

    async def _take(self) -> Worker:
        """The worker that was free last; an unused one when each of the others has been at one chart for long."""
        while self._unused:
            if len(self._unused) == len(self._workers):
                return self._unused.pop()
            newest = max(self._busy_since.values(), default=time.monotonic())
            wait = newest + PATIENCE_SECONDS - time.monotonic()
            if wait <= 0:
                return self._unused.pop()
            try:
                async with asyncio.timeout(wait):
                    return await self._free.get()
            except TimeoutError:
                continue
        return await self._free.get()

    def pids(self) -> list[int]:
        """The workers that run now."""
        return [pid for worker in self._workers if (pid := worker.pid_or_none) is not None]

    async def close(self) -> None:
        """End all workers; idempotent."""
        for worker in self._workers:
            await worker.close()


def pack(files: Mapping[str, bytes]) -> bytes:
    """An unpacked chart as the archive that Helm reads; equal files give equal bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(f"chart/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), compresslevel=1, mtime=0)


def _translated(error: DokaSecaError) -> DokaSecaError:
    if isinstance(error, TransientError):
        return UserError(
            f"Helm {error.message} for this chart and was stopped; look for templates that loop", reason="RenderTimeout"
        )
    return UserError(
        f"Helm: {error.message}; look for templates that include themselves or repeat without end",
        reason="HelmTemplateFailed",
    )
