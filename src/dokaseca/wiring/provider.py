"""Dock clusters with their simulators: what the hub runs on, and what Cluster objects bring up."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.dock.dock import Dock, DockCluster
from dokaseca.dock.simulator.simulator import Simulator, SimulatorOptions
from dokaseca.kit.clock import Clock
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.cluster_provider import ClusterEndpoint
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.layout import Layout

ENGINE_USER, ENGINE_GROUPS = "dokaseca", ("system:masters",)


@dataclass(frozen=True, slots=True)
class _Running:
    cluster: DockCluster
    tasks: Supervisor


class DockProvider:
    """`ports.cluster_provider.ClusterProvider` on the dock; every cluster's state lies in the platform's folder."""

    def __init__(self, dock: Dock, layout: Layout, clock: Clock) -> None:
        self._dock = dock
        self._layout = layout
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._ports = layouts.read_ports(layout)

    @property
    def clusters(self) -> dict[str, DockCluster]:
        """The clusters that run now, by name."""
        return {name: one.cluster for name, one in self._running.items()}

    async def ensure(self, name: str, version: str) -> ClusterEndpoint:
        """Start the cluster, or find it running."""
        if name not in self._running:
            await self._start(name)
        cluster = self._running[name].cluster
        return ClusterEndpoint(
            server=cluster.server_url,
            ca_pem=cluster.ca_pem,
            client_cert_pem=cluster.client_cert_pem,
            client_key_pem=cluster.client_key_pem,
            version=version,
        )

    async def remove(self, name: str) -> None:
        """Stop the cluster and delete its state; idempotent."""
        running = self._running.pop(name, None)
        if running is not None:
            await running.tasks.stop()
        await self._dock.delete(name)

    def client(self, name: str) -> Cluster:
        """An in-process client of a running cluster."""
        cluster = self._running[name].cluster
        return KubeCluster(name, cluster.server_url, FunctionWire(cluster.api.handle, ENGINE_USER, ENGINE_GROUPS))

    def client_for_or_none(self, server: str) -> Cluster | None:
        """An in-process client of the running cluster that serves `server`."""
        for name, running in self._running.items():
            if running.cluster.server_url == server:
                return self.client(name)
        return None

    async def close(self) -> None:
        """Stop every cluster; their state stays."""
        for name, running in list(self._running.items()):
            await running.tasks.stop()
            await self._dock.stop(name)
        self._running.clear()

    async def _start(self, name: str) -> None:
        folder = self._layout.clusters / name
        cluster = await self._dock.start(name, folder=folder, port=self._ports.get(name, 0))
        self._ports[name] = cluster.port
        layouts.write_ports(self._layout, self._ports)
        tasks = Supervisor(name)
        self._running[name] = _Running(cluster, tasks)
        simulator = Simulator(self.client(name), self._clock, SimulatorOptions())
        tasks.start("simulator", simulator.run())
