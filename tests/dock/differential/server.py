"""A real kube-apiserver with its etcd, for as long as the tests run; nothing where the programs are not installed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp

from dokaseca.adapters import envtest, kube_wire
from dokaseca.adapters.envtest import READY_SECONDS, Programs
from dokaseca.dock import pki
from dokaseca.model.errors import UserError


def find_or_none(environment: Mapping[str, str]) -> Programs | None:
    """The programs, None where one of them is not installed."""
    try:
        return envtest.find(environment)
    except UserError:
        return None


@contextlib.asynccontextmanager
async def running(
    programs: Programs, folder: Path, *, ready_seconds: float = READY_SECONDS
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session, as the administrator, with a new, empty server.

    Raises:
        TransientError: a program ended early, or the server was not ready in time.
    """
    certificates = await asyncio.to_thread(pki.ensure, folder / "pki")
    ports = envtest.free_ports()
    async with envtest.running(programs, folder, certificates, ports, ready_seconds=ready_seconds) as server:
        connector = aiohttp.TCPConnector(ssl=kube_wire.tls_context(server.credentials))
        async with aiohttp.ClientSession(server.url, connector=connector) as session:
            yield session
