from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dokaseca.controllers import cluster_status
from dokaseca.controllers.cluster_status import Phase
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster_provider import ClusterEndpoint

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def cluster(status: Manifest | None = None) -> Manifest:
    return {"metadata": {"name": "dev", "namespace": "clusters", "generation": 3}, "status": status or {}}


def test_the_same_state_later_is_the_same_status() -> None:
    first = cluster_status.of(cluster(), Phase.PROVISIONED, "", NOW)
    assert cluster_status.of(cluster(first), Phase.PROVISIONED, "", LATER) == first


def test_a_transition_has_its_time_and_another_message_has_not() -> None:
    failed = cluster_status.of(cluster(), Phase.FAILED, "no disk", NOW)
    other = cluster_status.of(cluster(failed), Phase.DELETING, "waiting", LATER)
    assert {one["lastTransitionTime"] for one in other["conditions"]} == {"2026-01-01T00:00:00Z"}
    assert {one["message"] for one in other["conditions"]} == {"waiting"}
    up = cluster_status.of(cluster(other), Phase.PROVISIONED, "", LATER)
    assert {one["lastTransitionTime"] for one in up["conditions"]} == {"2026-01-01T00:05:00Z"}


@pytest.mark.parametrize(
    ("phase", "ready"), [(Phase.PROVISIONED, True), (Phase.DELETING, False), (Phase.FAILED, False)]
)
def test_only_a_provisioned_cluster_is_ready(phase: Phase, ready: bool) -> None:
    status = cluster_status.of(cluster(), phase, "", NOW)
    assert (status["infrastructureReady"], status["controlPlaneReady"]) == (ready, ready)
    assert {one["status"] for one in status["conditions"]} == {str(ready)}
    assert status["observedGeneration"] == 3


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [
        ("https://127.0.0.1:40001", "127.0.0.1", 40001),
        ("https://dev.test", "dev.test", 443),
        ("http://dev.test", "dev.test", 80),
        ("https://dev.test:6443/k8s/clusters/c-1", "dev.test", 6443),
        ("https://[::1]:6443", "::1", 6443),
        ("https://[fd00::1]", "fd00::1", 443),
    ],
)
def test_an_endpoint_is_host_and_port(server: str, host: str, port: int) -> None:
    endpoint = ClusterEndpoint(server, "", "", "", "")
    assert cluster_status.endpoint(endpoint) == {"host": host, "port": port}
