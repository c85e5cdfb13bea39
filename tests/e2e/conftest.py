"""Which hub the tests use, and that it is left as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e import hubs


def pytest_report_header() -> str:
    named = f" ({hubs.KUBECONFIG or 'none'}, context {hubs.CONTEXT or 'current'})"
    return f"e2e hub: {hubs.PROVIDER}{named if hubs.PROVIDER == 'kubeconfig' else ''}"


@pytest.fixture(scope="session", autouse=True)
def hub_is_left_as_it_was() -> Iterator[None]:
    yield
    hubs.HUB.clear()
