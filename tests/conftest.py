"""What all tests share: bounded property tests, and where optional material lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "dokaseca",
    deadline=None,  # machines are noisy: a slow draw is no defect
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("dokaseca")

ROOT = Path(__file__).resolve().parents[1]
LONG = ("tests/e2e/", "tests/corridor/test_crash.py", "tests/dock/test_crash.py")  # up to two minutes each


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The optional folder beside the repository with real input that is not part of it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"optional test material is absent: {folder}")
    return folder
