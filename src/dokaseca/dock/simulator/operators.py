"""Custom resources: they become Ready, as if the operator that brought their definition ran.

A kind takes part when its definition has the status subresource and a list `status.conditions`. An object whose
conditions somebody else writes is left alone, and so are kinds that the platform itself looks after.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dokaseca.dock.simulator import conditions, faults, kinds
from dokaseca.dock.simulator.faults import Fault
from dokaseca.dock.simulator.perform import perform
from dokaseca.dock.simulator.plan import SetStatus
from dokaseca.kit import clock
from dokaseca.kit.clock import Clock
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.informer import Collection, Informer
from dokaseca.runtime.reconcile import Controller, Result
from dokaseca.runtime.supervise import Supervisor

REASON: Final = "Simulated"
_OURS: Final = ("argoproj.io", "cluster.x-k8s.io", "dokaseca.dev", "kargo.akuity.io")  # and the groups below them
_TYPES: Final = {  # what says so in a group where it is not Ready alone
    "crossplane.io": ("Synced", "Ready"),
    "upbound.io": ("Synced", "Ready"),
    "gateway.networking.k8s.io": ("Accepted", "Programmed"),
}
_OVERTAKEN_SECONDS: Final = 0.25
_WORKERS: Final = 2


@dataclass(frozen=True, slots=True)
class _Work:
    """An object to look at, or (kind None) the definition called `name`."""

    kind: GroupVersionKind | None
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class _Followed:
    """A kind whose objects are watched."""

    kind: GroupVersionKind
    informer: Informer[ObjectKey, Manifest]
    tasks: Supervisor


class Operators:
    """Watches definitions, and the objects of those that take part.

    Args:
        cluster: the API.
        clock: for the conditions' times.
    """

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock
        self._followed: dict[str, _Followed] = {}
        self._definitions = self._informer(kinds.DEFINITION)
        self._controller: Controller[_Work] = Controller(
            f"simulator/{cluster.name}/operators", self._reconcile, workers=_WORKERS
        )

    async def run(self) -> None:
        """Work until cancelled."""
        async with Supervisor(f"simulator/{self._cluster.name}/operators") as tasks:
            tasks.start(self._definitions.name, self._definitions.run())
            try:
                await self._controller.run()
            finally:
                for followed in self._followed.values():
                    await followed.tasks.stop()

    def _informer(self, gvk: GroupVersionKind) -> Informer[ObjectKey, Manifest]:
        async def list_items() -> tuple[Sequence[Manifest], str]:
            listing = await self._cluster.list(gvk)
            return listing.items, listing.resource_version

        async def watch_items(position: str) -> AsyncIterator[tuple[str, Manifest]]:
            async for event in self._cluster.watch(gvk, resource_version=position):
                yield event.type, event.object

        def changed(key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
            kind = None if gvk == kinds.DEFINITION else gvk
            self._controller.enqueue(_Work(kind, key.namespace, key.name))

        collection = Collection(list_items, watch_items, manifests.key, manifests.resource_version)
        return Informer(f"simulator/{self._cluster.name}/{gvk.kind}", collection, changed)

    async def _reconcile(self, work: _Work) -> Result:
        if work.kind is None:
            await self._follow(work.name)
            return Result()
        followed = next((one for one in self._followed.values() if one.kind == work.kind), None)
        key = ObjectKey(work.kind.group, work.kind.kind, work.namespace, work.name)
        found = followed.informer.items.get(key) if followed is not None else None
        wanted = status_or_none(found, clock.rfc3339(self._clock.now())) if found is not None else None
        if found is None or wanted is None:
            return Result()
        try:
            is_done = await perform(self._cluster, (SetStatus(found, wanted),), lambda _write, _result: None)
        except UserError:  # its schema wants something else in a condition
            return Result()
        return Result(None if is_done else _OVERTAKEN_SECONDS)

    async def _follow(self, name: str) -> None:
        """Watch the kind of a definition, or no longer."""
        key = ObjectKey(kinds.DEFINITION.group, kinds.DEFINITION.kind, "", name)
        definition = self._definitions.items.get(key)
        wanted = kind_or_none(definition) if definition is not None else None
        followed = self._followed.get(name)
        if followed is not None and followed.kind == wanted:
            return
        if followed is not None:
            del self._followed[name]
            await followed.tasks.stop()
        if wanted is not None:
            tasks, informer = Supervisor(name), self._informer(wanted)
            self._followed[name] = _Followed(wanted, informer, tasks)
            tasks.start(informer.name, informer.run())


def kind_or_none(definition: Manifest) -> GroupVersionKind | None:
    """The kind that takes part, at its stored version; None where it does not take part."""
    spec = definition.get("spec") or {}
    group = str(spec.get("group") or "")
    is_ours = any(group == one or group.endswith(f".{one}") for one in _OURS)
    if is_ours or manifests.is_deleting(definition):
        return None
    if not conditions.is_true(manifests.get(definition, "status", "conditions"), "Established"):
        return None
    for version in spec.get("versions") or ():
        if version.get("storage") and version.get("served") and _has_conditions(version):
            return GroupVersionKind(group, str(version["name"]), str(spec["names"]["kind"]))
    return None


def _has_conditions(version: dict[str, Any]) -> bool:
    path = ("schema", "openAPIV3Schema", "properties", "status", "properties", "conditions", "type")
    has_subresource = manifests.get(version, "subresources", "status") is not None
    return has_subresource and manifests.get(version, *path) == "array"


def status_or_none(live: Manifest, time: str) -> dict[str, Any] | None:
    """The status that the object should have; None where it has it, or where an operator writes it."""
    if manifests.is_deleting(live):
        return None
    old = live.get("status") or {}
    known = old.get("conditions") or []
    if any(one.get("reason") != REASON for one in known if isinstance(one, dict)):
        return None
    is_ready = faults.of_pod(live) is not Fault.NEVER_READY
    group = manifests.gvk(live).group
    types = next((names for suffix, names in _TYPES.items() if group.endswith(suffix)), ("Ready",))
    wanted = [conditions.condition(one, is_ready, REASON, "no operator runs in the dock") for one in types]
    status = {**old, "conditions": conditions.merged(known, wanted, time)}
    if old.get("observedGeneration") is not None or not known:
        status["observedGeneration"] = manifests.metadata(live).get("generation", 1)
    return None if status == old else status
