"""A hub that is no dock of this process: which one was chosen, that it is ours alone, and a client of it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import Credentials, HttpWire
from dokaseca.dock.simulator.simulator import Simulator
from dokaseca.engine.destinations import SECRET_SELECTOR
from dokaseca.kit.clock import Clock
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import kubeconfig
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, NotFoundError, TransientError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.cluster_provider import ClusterEndpoint, ClusterProvider
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.hub_providers import EnvtestProvider, KubeconfigProvider
from dokaseca.wiring.layout import Layout
from dokaseca.wiring.settings import HubChoice

DOCK: Final = "dock"
CLAIM_NAMESPACE, CLAIM_NAME = "kube-system", "dokaseca-platform"
MANAGER: Final = "dokaseca-bridge"
CONFIG_MAPS: Final = GroupVersionKind("", "v1", "ConfigMap")
SECRETS: Final = GroupVersionKind("", "v1", "Secret")
NODES: Final = GroupVersionKind("", "v1", "Node")
LEASES: Final = GroupVersionKind("coordination.k8s.io", "v1", "Lease")
_SCHEDULERS: Final = frozenset({"kube-scheduler", "kube-controller-manager"})


class Provider(ClusterProvider, Protocol):
    """A provider of one cluster."""

    async def close(self) -> None:
        """Stop what was started; what it stored stays."""
        ...


@dataclass(frozen=True, slots=True)
class HubRecord:
    """What a platform remembers of its hub.

    Attributes:
        platform: who claims the hub; made up once.
        simulated: whether the hub has no nodes of its own; None until it has been looked at.
    """

    provider: str
    platform: str
    kubeconfig: str = ""
    context: str = ""
    simulated: bool | None = None


class HubElsewhere:
    """The hub behind a provider; simulated where it has no nodes."""

    def __init__(self, layout: Layout, name: str, record: HubRecord, clock: Clock) -> None:
        self._layout = layout
        self._name = name
        self._record = record
        self._clock = clock
        self._tasks = Supervisor(name)
        self._opened: list[KubeCluster] = []
        self._endpoint: ClusterEndpoint
        self._provider: Provider = (
            EnvtestProvider(layout)
            if record.provider == "envtest"
            else KubeconfigProvider(Path(record.kubeconfig), record.context)
        )

    async def ensure(self, name: str, version: str) -> ClusterEndpoint:
        """The hub, reached, claimed for this platform, and simulated if need be.

        Raises:
            UserError: it cannot be used, or belongs to another platform.
            TransientError: it does not answer.
        """
        self._endpoint = await self._provider.ensure(name, version)
        hub = self.client()
        await claim(hub, self._record.platform, lambda: write_record(self._layout, name, self._record))
        if self._record.simulated is None:
            self._record = replace(self._record, simulated=await lacks_nodes(hub))
            write_record(self._layout, name, self._record)
        if isinstance(self._provider, EnvtestProvider):
            self._tasks.start("server", _watch(self._provider))
        if self._record.simulated:
            self._tasks.start("simulator", Simulator(hub, self._clock).run())
        return self._endpoint

    async def watch(self) -> None:
        """Raises TransientError as soon as something has failed that this process runs for the hub."""
        await self._tasks.failed.wait()
        raise TransientError(f"the hub cannot go on: {self._tasks.failure}", reason="Failed")

    async def remove(self, name: str) -> None:
        """Raises UserError: a hub is not removed by its platform."""
        raise UserError("the hub cannot be removed by a Cluster object", reason="HubNotRemovable", subject=name)

    def client(self) -> Cluster:
        """A client of its own, for the administrator; closed with the hub at the latest."""
        one = self._endpoint
        trust = Credentials(one.ca_pem, one.client_cert_pem, one.client_key_pem, token=one.token)
        opened = KubeCluster(self._name, one.server, HttpWire(one.server, trust))
        self._opened.append(opened)
        return opened

    def kubeconfig(self) -> dict[str, Any]:
        """With one context, called like the hub. It holds a secret."""
        one = self._endpoint
        config = kubeconfig.for_certificate(self._name, one.server, one.ca_pem, one.client_cert_pem, one.client_key_pem)
        if one.token:
            config["users"][0]["user"] = {"token": one.token}
        return config

    async def close(self) -> None:
        """Leave it; only what this process started for it is stopped."""
        await self._tasks.stop()
        for one in self._opened:
            await one.close()
        await self._provider.close()


def chosen_or_none(layout: Layout, name: str, choice: HubChoice, clock: Clock) -> HubElsewhere | None:
    """The hub that is chosen, now or when the platform first came up; None for a dock.

    Raises:
        UserError: a platform's hub stays where it is.
    """
    record = read_record_or_none(layout, name)
    if choice.provider:
        had = record.provider if record else DOCK if has_dock(layout, name) else choice.provider
        if had != choice.provider:
            raise UserError(
                f"the hub of this platform is provided by {had} and cannot move to {choice.provider}; leave "
                "--hub-provider out, or choose another folder with --dir",
                reason="OtherHub",
                subject=str(layout.root),
            )
        record = _recorded(record, choice) if choice.provider != DOCK else None
    return HubElsewhere(layout, name, record, clock) if record is not None else None


def has_dock(layout: Layout, name: str) -> bool:
    """Whether the hub of this platform has been a dock."""
    return (layout.clusters / name / "state.db").exists()


async def claim(hub: Cluster, platform: str, remember: Callable[[], None]) -> None:
    """Write the platform's name on the hub: two platforms on one hub would take each other's objects for strays.

    Args:
        remember: called before the name is written: a claim that nobody remembered would be another platform's.

    Raises:
        UserError: reason HubTaken: it has another one's, or objects of a platform that left no name.
        TransientError: it does not answer.
    """
    data = {"platform": platform}
    metadata = {"name": CLAIM_NAME, "namespace": CLAIM_NAMESPACE}
    try:
        found = await hub.get(CONFIG_MAPS, CLAIM_NAMESPACE, CLAIM_NAME)
    except NotFoundError:
        await _refuse_used(hub)
        remember()
        wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        try:
            found = await hub.create(wanted, field_manager=MANAGER)
        except ConflictError:  # another one was at it too, and was first
            found = await hub.get(CONFIG_MAPS, CLAIM_NAMESPACE, CLAIM_NAME)
    if found.get("data") != data:
        raise _taken(
            f"belongs to another platform; use another cluster, or, if that platform is gone, delete its Applications "
            f"and ConfigMap {CLAIM_NAMESPACE}/{CLAIM_NAME}",
            hub,
        )


async def lacks_nodes(hub: Cluster) -> bool:
    """Whether Pods would wait for ever: no node, and nobody who could have one made."""
    if (await hub.list(NODES)).items:
        return False
    leases = (await hub.list(LEASES, CLAIM_NAMESPACE)).items
    return not any(manifests.name(one) in _SCHEDULERS for one in leases)


def read_record_or_none(layout: Layout, name: str) -> HubRecord | None:
    """What the platform remembers, None where its hub is a dock.

    Raises:
        UserError: the record is damaged.
    """
    path = _path(layout, name)
    try:
        return HubRecord(**orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            "cannot be read, and tells where the hub is; put it back from a copy", reason="Damaged", subject=str(path)
        ) from error


def write_record(layout: Layout, name: str, record: HubRecord) -> None:
    """Remember; raises as `layouts.replace`."""
    path = _path(layout, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    layouts.replace(path, orjson.dumps(asdict(record), option=orjson.OPT_INDENT_2))


def _path(layout: Layout, name: str) -> Path:
    return layout.clusters / name / "hub.json"


def _recorded(record: HubRecord | None, choice: HubChoice) -> HubRecord:
    known = record or HubRecord(choice.provider, str(uuid.uuid4()))
    if choice.provider != "kubeconfig":
        return known
    if choice.kubeconfig is not None or record is None:
        path = (choice.kubeconfig or _users_kubeconfig()).expanduser().absolute()
        return replace(known, kubeconfig=str(path), context=choice.context)
    return replace(known, context=choice.context or known.context)


def _users_kubeconfig() -> Path:
    named = os.environ.get("KUBECONFIG", "")
    if os.pathsep in named:
        raise UserError("KUBECONFIG names several files; say which one with --hub-kubeconfig", reason="Ambiguous")
    return Path(named or "~/.kube/config")


async def _refuse_used(hub: Cluster) -> None:
    """A hub without a claim must be without Applications too: they would be somebody's."""
    served = {one.gvk for one in await hub.resources()}
    for gvk in (applications.GVK, application_sets.GVK):
        if gvk in served:
            _refuse_any(hub, (await hub.list(gvk)).items)
    _refuse_any(hub, (await hub.list(SECRETS, "argocd", label_selector=SECRET_SELECTOR)).items)


def _refuse_any(hub: Cluster, found: Iterable[manifests.Manifest]) -> None:
    for one in found:
        raise _taken(
            f"holds {one['kind']} {manifests.namespace(one)}/{manifests.name(one)}, of another platform or of Argo CD; "
            "use another cluster",
            hub,
        )


def _taken(message: str, hub: Cluster) -> UserError:
    return UserError(message, reason="HubTaken", subject=f"cluster {hub.name}")


async def _watch(provider: EnvtestProvider) -> None:
    """Raises TransientError when a program of the hub ends by itself."""
    if provider.server is not None:
        raise TransientError(await provider.server.ended(), reason="Failed")
