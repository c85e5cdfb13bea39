"""One Helm worker and one repository for all tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.fakes.git_files import Commits
from tests.unit.flow.render.bench import Bench

from dokaseca.adapters.helm import HelmWorkers


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    helm = HelmWorkers(timeout_seconds=30)
    yield Bench(Commits(tmp_path_factory.mktemp("commits") / "repo.git"), helm)
    await helm.close()
