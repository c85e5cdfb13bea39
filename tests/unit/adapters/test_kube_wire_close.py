"""What a client leaves behind when its loop ends: nothing."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest
from tests.fakes.dock_thread import DockThread

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import Credentials, HttpWire
from dokaseca.dock.dock import DockCluster
from dokaseca.model.identity import GroupVersionKind

NAMESPACE = GroupVersionKind("", "v1", "Namespace")


@pytest.fixture
def cluster():
    thread = DockThread()
    yield thread.run(lambda: thread.dock.start("hub", folder=None))
    thread.stop()


def client(cluster: DockCluster) -> KubeCluster:
    keys = Credentials(
        ca_pem=cluster.ca_pem, client_cert_pem=cluster.client_cert_pem, client_key_pem=cluster.client_key_pem
    )
    return KubeCluster("hub", cluster.server_url, HttpWire(cluster.server_url, keys))


async def watch_then_cancel(cluster: DockCluster) -> None:
    hub, seen = client(cluster), asyncio.Event()

    async def watch() -> None:
        async for _ in hub.watch(NAMESPACE, resource_version="0"):
            seen.set()

    task = asyncio.ensure_future(watch())
    await seen.wait()
    task.cancel()
    await asyncio.wait([task])
    await hub.close()


def test_a_watch_that_is_cancelled_leaves_no_connection_open(cluster):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(5):
            asyncio.run(watch_then_cancel(cluster))
        gc.collect()
    assert [str(one.message) for one in caught if one.category is ResourceWarning] == []
