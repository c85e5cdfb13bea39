"""Fixtures for pytest, in every project that has dokaseca installed; nothing is imported before one is asked for.

`dock_cluster` gives each test a new cluster, `dock_cluster_session` one to all: see `dokaseca.testing.Cluster`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dokaseca.testing import Cluster


@pytest.fixture
def dock_cluster() -> Iterator[Cluster]:
    """A new Kubernetes API in memory, with a simulated node, for this test alone."""
    from dokaseca import testing

    with testing.cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def dock_cluster_session() -> Iterator[Cluster]:
    """A Kubernetes API in memory, with a simulated node, that all tests of the run share."""
    from dokaseca import testing

    with testing.cluster() as cluster:
        yield cluster
