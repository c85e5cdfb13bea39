"""A cluster in memory under a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.unit.dock.client import Client

from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.kit.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def client(clock: FakeClock) -> AsyncIterator[Client]:
    api = Api("test", MemoryStorage(), clock=clock, ca_pem="CA")
    running = asyncio.get_running_loop().create_task(api.run())
    yield Client(api, clock)
    running.cancel()
    await asyncio.wait([running])
    api.close()
