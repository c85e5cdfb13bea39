"""A dock cluster on its own in this process: the API, its simulated nodes, and nothing of a platform."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.dock import sockets
from dokaseca.dock.dock import Dock, DockCluster
from dokaseca.dock.simulator import conditions, kinds, nodes
from dokaseca.dock.simulator.options import SimulatorOptions
from dokaseca.dock.simulator.perform import KUBELET, perform
from dokaseca.dock.simulator.seen import Context, Seen
from dokaseca.dock.simulator.simulator import Simulator
from dokaseca.kit.clock import SystemClock
from dokaseca.model import kubeconfig
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, NotFoundError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring import observe
from dokaseca.wiring.observe import Target

READY_SECONDS: Final = 30.0  # a new cluster takes well under one
USER, GROUPS = "dokaseca", ("system:masters",)
_ACCOUNT: Final = Target(GroupVersionKind("", "v1", "ServiceAccount"), "default", "default")
_CONTROL_PLANE: Final = "node-role.kubernetes.io/control-plane"


@dataclass(frozen=True, slots=True)
class Options:
    """What a cluster is like.

    Attributes:
        folder: where its state lies; None keeps everything in memory.
        port: of its API; 0 takes a free one.
        simulate: whether Pods start and controllers work; without, objects are only stored.
        node_count: of simulated nodes, at least one.
    """

    folder: Path | None = None
    port: int = 0
    simulate: bool = True
    node_count: int = 1


@dataclass(frozen=True, slots=True)
class Running:
    """A cluster that is ready; `tasks.failed` is set when a part of it has broken."""

    cluster: DockCluster
    tasks: Supervisor

    def kubeconfig(self, context: str) -> dict[str, object]:
        """The administrator's kubeconfig with one context of that name."""
        one = self.cluster
        return kubeconfig.for_certificate(context, one.server_url, one.ca_pem, one.client_cert_pem, one.client_key_pem)


@contextlib.asynccontextmanager
async def running(name: str, options: Options) -> AsyncIterator[Running]:
    """A cluster that serves, and whose nodes are ready, until the block is left; its state stays in its folder.

    Raises:
        UserError, IntegrityError: as `Dock.start`.
        TransientError: it does not become ready in time.
    """
    sockets.raise_file_limit()
    dock = Dock()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(dock.close)
        cluster = await dock.start(name, folder=options.folder, port=options.port)
        tasks = await stack.enter_async_context(Supervisor(f"standalone/{name}"))
        client = KubeCluster(name, cluster.server_url, FunctionWire(cluster.api.handle, USER, GROUPS))
        if options.simulate:
            tasks.start("simulator", Simulator(client, SystemClock()).run())
            await _ready_nodes(client, options.node_count)
        await observe.until(client, _ACCOUNT, lambda live: live is not None, timeout_seconds=READY_SECONDS)
        yield Running(cluster, tasks)


async def _ready_nodes(cluster: Cluster, count: int) -> None:
    """Wait for the simulator's own node, and have as many others beside it as asked for."""
    first = SimulatorOptions().node_name
    await observe.until(cluster, Target(kinds.NODE, "", first), _is_ready, timeout_seconds=READY_SECONDS)
    names = [f"{first}-{number}" for number in range(2, count + 1)]
    for name in names:
        await _put_worker(cluster, name)
    for node in (await cluster.list(kinds.NODE)).items:
        name = manifests.name(node)
        if name.startswith(f"{first}-") and name not in names and _provider_of(node) == f"dokaseca://{name}":
            with contextlib.suppress(NotFoundError):
                await cluster.delete(kinds.NODE, "", name)


async def _put_worker(cluster: Cluster, name: str) -> None:
    """One more node, reported ready once and for all as the simulator reports its own."""
    node = nodes.node(name)
    number = int(name.rpartition("-")[2])
    del node["metadata"]["labels"][_CONTROL_PLANE]
    node["spec"] |= {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]}
    try:
        found = await cluster.create(node, field_manager=KUBELET)
    except ConflictError:
        found = await cluster.get(kinds.NODE, "", name)
    clock = SystemClock()
    options = replace(SimulatorOptions(), node_name=name)
    plan = nodes.reconcile(found, Context(Seen(), options, clock.now(), clock.monotonic_seconds()))
    await perform(cluster, plan.writes, lambda *_: None)


def _is_ready(node: Manifest | None) -> bool:
    return conditions.is_true(manifests.get(node, "status", "conditions", default=None), "Ready")


def _provider_of(node: Manifest) -> str:
    return str(manifests.get(node, "spec", "providerID", default=""))
