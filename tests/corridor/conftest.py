"""Corridor tests run on a loop that skips waits, against a platform of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.corridor.patient_loop import PatientLoop
from tests.corridor.world import World

HERE = Path(__file__).parent


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Callable[[], Any]] | None:
    return {"patient": PatientLoop}


@pytest_asyncio.fixture
async def world(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[World]:
    def broken() -> list[str]:
        told = [one for one in caplog.records if one.msg in ("reconcile failed", "task failed", "request failed")]
        return [f"{vars(one).get('fields')} {one.exc_text or ''}" for one in told]

    async with World(tmp_path) as built:
        built.broken = broken
        yield built
    assert not broken()
