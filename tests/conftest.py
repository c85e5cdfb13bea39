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


@pytest.fixture(scope="session")
def shared() -> Path:
    """The optional folder beside the repository with real input that is not part of it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"optional test material is absent: {folder}")
    return folder
