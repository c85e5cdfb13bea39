"""The Cluster controller: a Cluster in the hub becomes a running, registered cluster; a deleted one leaves in order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from dokaseca.bridge import registration, retirement
from dokaseca.bridge.platform_rules import RESERVED_NAMES
from dokaseca.controllers import cluster_status, outcome, status
from dokaseca.controllers.cluster_status import Phase
from dokaseca.kit.clock import Clock
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, DokaSecaError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind, NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.cluster_provider import ClusterEndpoint, ClusterProvider
from dokaseca.runtime.reconcile import Controller, Result

log = logging.getLogger("dokaseca.cluster")

FINALIZER = "dokaseca.dev/cluster"
PAUSED = "cluster.x-k8s.io/paused"
MANAGER = "dokaseca-bridge"
INFRASTRUCTURE = GroupVersionKind("infrastructure.dokaseca.dev", "v1alpha1", "DockCluster")
SECRETS = GroupVersionKind("", "v1", "Secret")
REGISTRATIONS = "argocd"  # the namespace of cluster Secrets
INFRASTRUCTURE_SECONDS = 1.0  # the DockCluster is synced along with its Cluster
RETIRING_SECONDS = 2.0  # a safety net: every Application that goes wakes the cluster
MEANWHILE_SECONDS = 1.0  # a safety net: the change that got in between is on its way through the watch
WORKERS = 4

List = Callable[[], Iterable[Manifest]]


class ClusterController:
    """Brings clusters up and registers them; takes them down when their Cluster is deleted.

    Clusters on other infrastructure belong to their own Cluster API providers and are left alone.

    Args:
        hub: where Clusters live.
        provider: starts and removes clusters.
        clusters, secrets, applications: what the hub holds, as its watches last showed it.
    """

    def __init__(
        self, hub: Cluster, provider: ClusterProvider, clock: Clock, clusters: List, secrets: List, applications: List
    ) -> None:
        self._hub = hub
        self._provider = provider
        self._clock = clock
        self._clusters = clusters
        self._secrets = secrets
        self._applications = applications
        self._up: set[NamespacedName] = set()
        self.controller: Controller[NamespacedName] = Controller("cluster", self._reconcile, workers=WORKERS)

    # --- events -----------------------------------------------------------------------------------------------------

    def on_cluster(self, key: NamespacedName) -> None:
        """A Cluster changed in the hub; others of its name may have waited for it to go."""
        self.controller.enqueue(key)
        for one in self._clusters():
            if manifests.name(one) == key.name:
                self.controller.enqueue(_key(one))

    def on_secret(self, key: NamespacedName) -> None:
        """A registration changed: the cluster's own is held to what Git says, the hub's is passed on to all."""
        hub = registration.hub_or_none(self._secrets())
        is_hub = hub is not None and manifests.name(hub) == key.name
        for one in self._clusters():
            if is_hub or manifests.name(one) == key.name:
                self.controller.enqueue(_key(one))

    def on_application_gone(self) -> None:
        """An Application was deleted: a cluster that waited for it may go on."""
        for one in self._clusters():
            if manifests.is_deleting(one):
                self.controller.enqueue(_key(one))

    async def run(self) -> None:
        """Work until cancelled."""
        await self.controller.run()

    # --- one reconcile ----------------------------------------------------------------------------------------------

    async def _reconcile(self, key: NamespacedName) -> Result:
        cluster = next((one for one in self._clusters() if _key(one) == key), None)
        if cluster is None:
            return Result()
        try:
            try:
                return await self._step(cluster)
            except ConflictError:
                raise
            except DokaSecaError as error:
                found = outcome.of(error)
                await self._write_status(cluster, Phase.FAILED, found.condition.message)
                log.warning("cluster failed", extra={"fields": {"cluster": str(key), "error": found.condition.message}})
                return Result(found.retry_after_seconds)
        except (NotFoundError, ConflictError):  # it went or changed meanwhile: its watch is about to say so
            return Result(MEANWHILE_SECONDS)

    async def _step(self, cluster: Manifest) -> Result:
        if is_paused(cluster):
            return Result()
        if manifests.is_deleting(cluster):
            return await self._retire(cluster)
        return await self._bring_up(cluster) if is_ours(cluster) else Result()

    async def _bring_up(self, cluster: Manifest) -> Result:
        self._refuse_taken_name(cluster)
        if FINALIZER not in _finalizers(cluster):
            cluster = await self._set_finalizers(cluster, [*_finalizers(cluster), FINALIZER])
        version = str(manifests.get(cluster, "spec", "topology", "version", default=""))
        endpoint = await self._provider.ensure(manifests.name(cluster), version)
        await self._apply(cluster_status.kubeconfig_secret(cluster, endpoint))
        await self._register(cluster, endpoint)
        is_complete = await self._write_infrastructure(cluster, endpoint)
        await self._write_status(cluster, Phase.PROVISIONED, "")
        if _key(cluster) not in self._up:
            self._up.add(_key(cluster))
            log.info("cluster is up", extra={"fields": {"cluster": str(_key(cluster)), "server": endpoint.server}})
        return Result() if is_complete else Result(INFRASTRUCTURE_SECONDS)

    async def _register(self, cluster: Manifest, endpoint: ClusterEndpoint) -> None:
        """Hold the registration to what Git says; while the hub's own is missing, repositories stay as they were."""
        known = self._registration_or_none(manifests.name(cluster))
        hub = registration.hub_or_none(self._secrets())
        await self._apply(registration.cluster_secret(cluster, endpoint, hub or known))
        if known is not None and retirement.is_retiring(known):
            await self._hub.patch(
                SECRETS, REGISTRATIONS, manifests.name(known), retirement.CALLED_OFF, field_manager=MANAGER
            )

    async def _retire(self, cluster: Manifest) -> Result:
        if FINALIZER not in _finalizers(cluster):
            return Result()
        name = manifests.name(cluster)
        if self._holder_or_none(cluster):  # what runs under this name is not this Cluster's
            await self._set_finalizers(cluster, [one for one in _finalizers(cluster) if one != FINALIZER])
            return Result()
        secret = self._registration_or_none(name)
        if secret is not None:
            step = retirement.next_step(secret, self._applications(), self._clock.now())
            if isinstance(step, retirement.Withdraw):
                await self._hub.patch(SECRETS, REGISTRATIONS, name, step.patch, field_manager=MANAGER)
                await self._write_status(cluster, Phase.DELETING, "taking its applications down")
                return Result(RETIRING_SECONDS)
            if isinstance(step, retirement.Wait):
                await self._write_status(cluster, Phase.DELETING, step.message)
                return Result(RETIRING_SECONDS)
            await self._delete_secret(REGISTRATIONS, name)
        await self._provider.remove(name)
        await self._delete_secret(manifests.namespace(cluster), cluster_status.kubeconfig_name(cluster))
        await self._set_finalizers(cluster, [one for one in _finalizers(cluster) if one != FINALIZER])
        self._up.discard(_key(cluster))
        log.info("cluster is gone", extra={"fields": {"cluster": str(_key(cluster))}})
        return Result()

    def _refuse_taken_name(self, cluster: Manifest) -> None:
        name, holder = manifests.name(cluster), self._holder_or_none(cluster)
        if holder:
            raise UserError(
                f"the name {name!r} is taken by {holder}; choose another", reason="NameTaken", subject=f"Cluster {name}"
            )

    def _holder_or_none(self, cluster: Manifest) -> str | None:
        """Who has the Cluster's name: registrations share one namespace, and of two Clusters the first brought up
        keeps it."""
        name = manifests.name(cluster)
        if name in RESERVED_NAMES:
            return "Argo CD, which calls its own cluster so"
        hub = registration.hub_or_none(self._secrets())
        if hub is not None and registration.goes_by(hub, name):
            return "the hub"
        rivals = [one for one in self._clusters() if manifests.name(one) == name and is_ours(one)]
        first = min(rivals, key=_claim, default=cluster)
        if _claim(first) < _claim(cluster):
            return f"Cluster {_key(first)}"
        if FINALIZER in _finalizers(cluster):  # then the registration is its own
            return None
        by_hand = next((one for one in self._secrets() if registration.goes_by(one, name)), None)
        return f"Secret {REGISTRATIONS}/{manifests.name(by_hand)}" if by_hand is not None else None

    # --- writing ----------------------------------------------------------------------------------------------------

    async def _apply(self, manifest: Manifest) -> None:
        await self._hub.apply(manifest, field_manager=MANAGER, force=True)

    async def _patch(self, cluster: Manifest, patch: Manifest) -> Manifest:
        return await self._hub.patch(
            manifests.gvk(cluster), manifests.namespace(cluster), manifests.name(cluster), patch, field_manager=MANAGER
        )

    async def _set_finalizers(self, cluster: Manifest, finalizers: list[Any]) -> Manifest:
        """Raises ConflictError where the Cluster has changed since it was read: the finalizers of others must stay."""
        metadata = {"finalizers": finalizers or None, "resourceVersion": manifests.resource_version(cluster)}
        return await self._patch(cluster, {"metadata": metadata})

    async def _delete_secret(self, namespace: str, name: str) -> None:
        try:
            await self._hub.delete(SECRETS, namespace, name)
        except NotFoundError:
            return

    async def _write_infrastructure(self, cluster: Manifest, endpoint: ClusterEndpoint) -> bool:
        """Tell the DockCluster where its control plane is; False while there is none yet."""
        name = str(manifests.get(cluster, "spec", "infrastructureRef", "name", default=""))
        try:
            live = await self._hub.get(INFRASTRUCTURE, manifests.namespace(cluster), name)
        except NotFoundError:
            return False
        wanted = cluster_status.endpoint(endpoint)
        if manifests.get(live, "spec", "controlPlaneEndpoint", default=None) != wanted:
            live = await self._patch(live, {"spec": {"controlPlaneEndpoint": wanted}})
        await status.write(self._hub, live, {**(live.get("status") or {}), "ready": True}, subresource=True)
        return True

    async def _write_status(self, cluster: Manifest, phase: Phase, message: str) -> None:
        new = cluster_status.of(cluster, phase, message, self._clock.now())
        await status.write(self._hub, cluster, new, subresource=True)

    def _registration_or_none(self, name: str) -> Manifest | None:
        return next((one for one in self._secrets() if manifests.name(one) == name), None)


def is_ours(cluster: Manifest) -> bool:
    """Whether the dock is the cluster's infrastructure."""
    return bool(manifests.get(cluster, "spec", "infrastructureRef", "kind", default="") == INFRASTRUCTURE.kind)


def is_paused(cluster: Manifest) -> bool:
    """Whether its owner wants it left as it is, even when it is deleted (Cluster API)."""
    return manifests.get(cluster, "spec", "paused") is True or PAUSED in manifests.annotations(cluster)


def _key(cluster: Manifest) -> NamespacedName:
    return NamespacedName(manifests.namespace(cluster), manifests.name(cluster))


def _claim(cluster: Manifest) -> tuple[bool, str, str]:
    """Orders Clusters of one name: brought up before not, older before younger."""
    created = str(manifests.metadata(cluster).get("creationTimestamp") or "")
    return FINALIZER not in _finalizers(cluster), created, manifests.namespace(cluster)


def _finalizers(cluster: Manifest) -> list[Any]:
    return list(manifests.metadata(cluster).get("finalizers") or [])
