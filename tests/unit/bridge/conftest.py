"""A hub in memory that serves the custom kinds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from tests.unit.dock.client import CRDS, Client

from dokaseca.bridge import manifests
from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.kit.clock import FakeClock


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[Client]:
    clock = FakeClock()
    api = Api("hub", MemoryStorage(), clock=clock, ca_pem="CA")
    running = asyncio.get_running_loop().create_task(api.run())
    client = Client(api, clock)
    for definition in manifests.crds():
        await client.post(CRDS, definition)
    for namespace in ("argocd", "clusters"):
        await client.post("/api/v1/namespaces", {"metadata": {"name": namespace}})
    yield client
    running.cancel()
    await asyncio.wait([running])
    api.close()
