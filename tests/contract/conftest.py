"""The same cluster by three doors: a function call, HTTPS, and the fake that controllers are tested with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from tests.fakes.cluster import FakeCluster

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import Credentials, FunctionWire, HttpWire
from dokaseca.dock.api import Api
from dokaseca.dock.dock import Dock
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.model.identity import GroupVersionKind
from dokaseca.ports.cluster import Cluster

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
SECRET = GroupVersionKind("", "v1", "Secret")
NAMESPACE = GroupVersionKind("", "v1", "Namespace")
DEPLOYMENT = GroupVersionKind("apps", "v1", "Deployment")
CLUSTER_ROLE = GroupVersionKind("rbac.authorization.k8s.io", "v1", "ClusterRole")
KINDS = (CONFIG_MAP, SECRET, NAMESPACE, DEPLOYMENT, CLUSTER_ROLE)


@dataclass
class Door:
    """A cluster and what a test must be able to do behind its back."""

    name: str
    cluster: Cluster
    api: Api | None
    fake: FakeCluster | None

    def end_watches(self) -> None:
        """End the watches that are open, as a server does from time to time."""
        if self.fake is not None:
            self.fake.end_watches()
        if self.api is not None:
            self.api.end_watches()

    async def forget(self) -> None:
        """Let the positions so far fall out of what the server remembers: its history is bounded in bytes."""
        if self.fake is not None:
            self.fake.oldest = 1_000_000
        for number in range(6 if self.api is not None else 0):
            large = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"large-{number}", "namespace": "default"},
            }
            await self.cluster.create({**large, "data": {"x": "x" * 1_000_000}})


@pytest_asyncio.fixture(params=["function", "https", "fake"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    if request.param == "fake":
        fake = FakeCluster(KINDS, name="test")
        yield Door("fake", fake, None, fake)
        await fake.close()
    elif request.param == "function":
        api = Api("test", MemoryStorage())
        running = asyncio.get_running_loop().create_task(api.run())
        cluster = KubeCluster("test", "https://test.test", FunctionWire(api.handle, "test", ("system:masters",)))
        yield Door("function", cluster, api, None)
        await cluster.close()
        running.cancel()
        await asyncio.wait([running])
        api.close()
    else:
        dock = Dock()
        served = await dock.start("test", folder=None)
        credentials = Credentials(served.ca_pem, served.client_cert_pem, served.client_key_pem)
        cluster = KubeCluster("test", served.server_url, HttpWire(served.server_url, credentials))
        yield Door("https", cluster, served.api, None)
        await cluster.close()
        await dock.close()


@pytest.fixture
def cluster(door: Door) -> Cluster:
    return door.cluster
