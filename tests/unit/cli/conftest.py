"""One running platform for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.cli.platform import Platform, running


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running(tmp_path_factory.mktemp("platform")) as found:
        yield found
