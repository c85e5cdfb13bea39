"""Dock clusters with their simulators: what the hub runs on, and what Cluster objects bring up."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dokaseca.adapters import kube_connect
from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.dock.dock import Dock, DockCluster
from dokaseca.dock.simulator.options import SimulatorOptions
from dokaseca.dock.simulator.simulator import Simulator
from dokaseca.engine.destinations import Registration
from dokaseca.kit.clock import Clock
from dokaseca.model import secret as secrets
from dokaseca.model.application import IN_CLUSTER_SERVER
from dokaseca.model.errors import TransientError, UserError
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.cluster_provider import ClusterEndpoint
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.hub_elsewhere import HubElsewhere
from dokaseca.wiring.layout import Layout

ENGINE_USER, ENGINE_GROUPS = "dokaseca", ("system:masters",)


@dataclass(frozen=True, slots=True)
class _Running:
    cluster: DockCluster
    tasks: Supervisor


class DockProvider:
    """`ports.cluster_provider.ClusterProvider` on the dock; every cluster's state lies in the platform's folder.

    Args:
        hub_name: the cluster that the engine itself runs in.
        elsewhere: the hub, where that is no cluster of the dock.
    """

    def __init__(
        self, dock: Dock, layout: Layout, clock: Clock, hub_name: str, elsewhere: HubElsewhere | None = None
    ) -> None:
        self._dock = dock
        self._layout = layout
        self._clock = clock
        self._hub_name = hub_name
        self._elsewhere = elsewhere
        self._running: dict[str, _Running] = {}
        self._starting: dict[str, asyncio.Lock] = {}
        self._changed: Callable[[], None] = lambda: None

    @property
    def clusters(self) -> dict[str, DockCluster]:
        """The clusters of the dock that run now, by name."""
        return {name: one.cluster for name, one in self._running.items()}

    def kubeconfigs(self) -> dict[str, dict[str, Any]]:
        """A kubeconfig for each cluster that runs now, the hub's first, then by name."""
        found = {name: one.cluster.kubeconfig() for name, one in self._running.items()}
        if self._elsewhere is not None:
            found[self._hub_name] = self._elsewhere.kubeconfig()
        return dict(sorted(found.items(), key=lambda item: (item[0] != self._hub_name, item[0])))

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call `changed` now, and whenever a cluster has come or gone."""
        self._changed = changed
        changed()

    def has_state(self, name: str) -> bool:
        """Whether a cluster of that name ran here before."""
        return (self._layout.clusters / name).is_dir()

    async def ensure(self, name: str, version: str) -> ClusterEndpoint:
        """Start the cluster, or find it running."""
        if self._elsewhere is not None and name == self._hub_name:
            return await self._elsewhere.ensure(name, version)
        async with self._starting.setdefault(name, asyncio.Lock()):
            if name not in self._running:
                await self._start(name)
                self._changed()
        cluster = self._running[name].cluster
        return ClusterEndpoint(
            server=cluster.server_url,
            ca_pem=cluster.ca_pem,
            client_cert_pem=cluster.client_cert_pem,
            client_key_pem=cluster.client_key_pem,
            version=version,
        )

    async def remove(self, name: str) -> None:
        """Stop the cluster and delete its state; idempotent.

        Raises:
            UserError: it is the hub.
            TransientError: reason StateNotDeleted.
        """
        if name == self._hub_name:
            raise UserError("the hub cannot be removed by a Cluster object", reason="HubNotRemovable", subject=name)
        async with self._starting.setdefault(name, asyncio.Lock()):
            running = self._running.pop(name, None)
            if running is not None:
                await running.tasks.stop()
            await self._dock.delete(name)
            await asyncio.to_thread(_delete, self._layout.clusters / name)
            ports = layouts.read_ports(self._layout)
            ports.pop(_port_name(name), None)
            layouts.write_ports(self._layout, ports)
            self._changed()

    def client(self, name: str) -> Cluster:
        """A client of a running cluster: in this process, but for a hub elsewhere."""
        if self._elsewhere is not None and name == self._hub_name:
            return self._elsewhere.client()
        cluster = self._running[name].cluster
        return KubeCluster(name, cluster.server_url, FunctionWire(cluster.api.handle, ENGINE_USER, ENGINE_GROUPS))

    def open(self, registration: Registration) -> Cluster:
        """A client of a registered cluster: a function call where it runs in this process, else HTTPS.

        Raises:
            UserError: the Secret's `config` cannot be read.
        """
        if registration.server == IN_CLUSTER_SERVER:
            return self.client(self._hub_name)
        for name, running in self._running.items():
            if running.cluster.server_url == registration.server:
                return self.client(name)
        text = secrets.text(registration.secret or {}, "config")
        config = kube_connect.read_config(text, subject=f"cluster {registration.name}")
        return kube_connect.connect(registration.name, registration.server, config)

    async def close(self) -> None:
        """Stop every cluster; their state stays."""
        for name, running in list(self._running.items()):
            await running.tasks.stop()
            await self._dock.stop(name)
        self._running.clear()
        if self._elsewhere is not None:
            await self._elsewhere.close()

    async def _start(self, name: str) -> None:
        port = layouts.read_ports(self._layout).get(_port_name(name), 0)
        cluster = await self._dock.start(name, folder=self._layout.clusters / name, port=port)
        layouts.write_ports(self._layout, {**layouts.read_ports(self._layout), _port_name(name): cluster.port})
        tasks = Supervisor(name)
        self._running[name] = _Running(cluster, tasks)
        simulator = Simulator(self.client(name), self._clock, SimulatorOptions())
        tasks.start("simulator", simulator.run())


def _port_name(cluster: str) -> str:
    """A cluster's entry among the ports: its name, unless the web server has that."""
    return f"cluster/{cluster}" if cluster == layouts.WEB_PORT else cluster


def _delete(folder: Path) -> None:
    """What stays would come back with the next cluster of that name."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise TransientError(
            f"the state of a removed cluster cannot be deleted ({error.strerror}); delete it",
            reason="StateNotDeleted",
            subject=str(folder),
        ) from error
