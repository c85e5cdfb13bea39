"""One cluster's simulated control loops: list, watch, decide, write."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from dokaseca.dock.simulator import (
    apiservices,
    autoscalers,
    budgets,
    claims,
    cronjobs,
    daemonsets,
    deployments,
    endpoints,
    ingresses,
    jobs,
    kinds,
    nodes,
    pods,
    replicasets,
    revisions,
    routes,
    services,
    statefulsets,
)
from dokaseca.dock.simulator.operators import Operators
from dokaseca.dock.simulator.options import SimulatorOptions
from dokaseca.dock.simulator.perform import KUBELET, perform
from dokaseca.dock.simulator.plan import Plan, Write, earliest
from dokaseca.dock.simulator.recorder import Recorder
from dokaseca.dock.simulator.routes import Work
from dokaseca.dock.simulator.seen import Context, Seen
from dokaseca.dock.simulator.stories import Stories
from dokaseca.kit import clock
from dokaseca.kit.clock import Clock
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.informer import Collection, Informer
from dokaseca.runtime.reconcile import Controller, Result
from dokaseca.runtime.supervise import Supervisor

Concern: TypeAlias = Callable[[Manifest, Context], Plan]

CONCERNS: Final[Mapping[GroupVersionKind, tuple[Concern, ...]]] = {
    kinds.NODE: (nodes.reconcile,),
    kinds.DEPLOYMENT: (deployments.reconcile,),
    kinds.REPLICA_SET: (replicasets.reconcile,),
    kinds.STATEFUL_SET: (revisions.reconcile, statefulsets.reconcile),
    kinds.DAEMON_SET: (revisions.reconcile, daemonsets.reconcile),
    kinds.JOB: (jobs.reconcile,),
    kinds.CRON_JOB: (cronjobs.reconcile,),
    kinds.POD: (pods.reconcile,),
    kinds.SERVICE: (services.reconcile, endpoints.reconcile),
    kinds.INGRESS: (ingresses.reconcile,),
    kinds.CLAIM: (claims.reconcile,),
    kinds.VOLUME: (claims.reconcile_volume,),
    kinds.AUTOSCALER: (autoscalers.reconcile,),
    kinds.BUDGET: (budgets.reconcile,),
    kinds.API_SERVICE: (apiservices.reconcile,),
}
_BY_KIND: Final = {gvk.kind: gvk for gvk in kinds.WATCHED}
_SOONEST_SECONDS: Final = 0.001  # a wish to look again in less is a rounding error, and would spin
_OVERTAKEN_SECONDS: Final = 0.25  # until another look when a write lost a race or a namespace is going

log = logging.getLogger("dokaseca.dock.simulator")


class Simulator:
    """Makes workloads come true in the API of `cluster`, which it uses as any client would.

    Args:
        cluster: the API.
        clock: for statuses' times.
        options: delays and names.
    """

    def __init__(self, cluster: Cluster, clock: Clock, options: SimulatorOptions | None = None) -> None:
        self._cluster = cluster
        self._clock = clock
        self._options = options or SimulatorOptions()
        self._seen = Seen()
        self._informers: dict[str, Informer[ObjectKey, Manifest]] = {}
        self._stories = Stories()
        self._recorder: Recorder | None = None  # where Events are served
        self._controller: Controller[Work] = Controller(
            f"simulator/{cluster.name}", self._reconcile, workers=self._options.workers
        )

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            TransientError: the cluster's kinds could not be read at the start.
        """
        served = {resource.gvk for resource in await self._cluster.resources()}
        async with Supervisor(f"simulator/{self._cluster.name}") as tasks:
            for gvk in kinds.WATCHED:
                if gvk in served:
                    informer = self._informer(gvk)
                    self._informers[gvk.kind] = informer
                    tasks.start(informer.name, informer.run())
            for informer in self._informers.values():
                await informer.synced.wait()
            if kinds.EVENT in served:
                self._recorder = Recorder(self._cluster, self._clock, self._options.event_seconds)
                tasks.start(f"simulator/{self._cluster.name}/events", self._recorder.run())
            if kinds.DEFINITION in served:
                tasks.start("operators", Operators(self._cluster, self._clock).run())
            if kinds.NODE.kind in self._informers:
                await self._register_node(has_leases=kinds.LEASE in served)
            await self._controller.run()

    async def _register_node(self, *, has_leases: bool) -> None:
        """Make the node and its Lease where they do not exist."""
        name = self._options.node_name
        found = self._seen.get_or_none(kinds.NODE, "", name)
        try:
            if found is None:
                found = await self._cluster.create(nodes.node(name), field_manager=KUBELET)
                self._observe(found)
            if has_leases:
                await self._cluster.create(
                    nodes.lease(name, found, clock.rfc3339(self._clock.now())), field_manager=KUBELET
                )
        except ConflictError:
            log.debug("node exists", extra={"fields": {"cluster": self._cluster.name, "node": name}})

    def _informer(self, gvk: GroupVersionKind) -> Informer[ObjectKey, Manifest]:
        async def list_items() -> tuple[Sequence[Manifest], str]:
            listing = await self._cluster.list(gvk)
            return listing.items, listing.resource_version

        async def watch_items(position: str) -> AsyncIterator[tuple[str, Manifest]]:
            async for event in self._cluster.watch(gvk, resource_version=position):
                yield event.type, event.object

        collection = Collection(list_items, watch_items, manifests.key, manifests.resource_version)
        return Informer(f"simulator/{self._cluster.name}/{gvk.kind}", collection, self._changed, keep=_kept)

    def _observe(self, manifest: Manifest) -> None:
        informer = self._informers.get(str(manifest.get("kind")))
        if informer is not None:
            informer.observe(manifest)

    def _done(self, write: Write, result: Manifest | None) -> None:
        """See what a write made of an object, and tell of it."""
        if result is not None:
            self._observe(result)
        if self._recorder is not None:
            for told in self._stories.of_write(write, result):
                self._recorder.tell(told)

    def _changed(self, key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
        if self._recorder is not None and new is None and old is not None and key.kind == kinds.POD.kind:
            for told in self._stories.of_end(old):
                self._recorder.tell(told)
        self._seen.take(key, new, self._clock.monotonic_seconds())
        self._controller.enqueue(Work(key.kind, key.namespace, key.name))
        for work in routes.dependents(key, old, new, self._seen):
            self._controller.queue.add_after(work, self._options.settle_seconds)

    async def _reconcile(self, work: Work) -> Result:
        gvk = _BY_KIND.get(work.kind)
        found = self._seen.get_or_none(gvk, work.namespace, work.name) if gvk else None
        if gvk is None or found is None:
            return Result()
        context = Context(self._seen, self._options, self._clock.now(), self._clock.monotonic_seconds())
        again: float | None = None
        for concern in CONCERNS.get(gvk, ()):
            plan = concern(found, context)
            again = earliest(again, plan.again_after_seconds)
            if not await perform(self._cluster, plan.writes, self._done):
                again = earliest(again, _OVERTAKEN_SECONDS)
        return Result(None if again is None else max(again, _SOONEST_SECONDS))


def _kept(manifest: Manifest) -> Manifest:
    """What concerns read: everything but who owns which field."""
    metadata = manifests.metadata(manifest)
    if "managedFields" not in metadata:
        return manifest
    return {**manifest, "metadata": {name: value for name, value in metadata.items() if name != "managedFields"}}
