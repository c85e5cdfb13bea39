"""Which objects must be looked at again when one has changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dokaseca.dock.simulator import autoscalers, budgets, endpoints, kinds
from dokaseca.dock.simulator.seen import Seen, controller
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest

_SCALED = frozenset({kinds.DEPLOYMENT.kind, kinds.STATEFUL_SET.kind, kinds.REPLICA_SET.kind})


class Work(NamedTuple):
    """One object to look at."""

    kind: str
    namespace: str
    name: str


def dependents(key: ObjectKey, old: Manifest | None, new: Manifest | None, seen: Seen) -> Iterator[Work]:
    """Objects whose desired state reads the changed one: its controller, and whatever selects or refers to it."""
    states = [one for one in (old, new) if one is not None]
    for state in states:
        owner = controller(state)
        if owner is not None:
            yield Work(str(owner.get("kind")), key.namespace, str(owner.get("name")))
    match key.kind:
        case "Pod":
            yield from _of_pod(key, states, seen)
        case "Node":
            yield from (Work("DaemonSet", *one) for one in seen.names(kinds.DAEMON_SET))
        case "PersistentVolumeClaim":
            names = {manifests.get(state, "spec", "volumeName", default="") for state in states}
            yield from (Work("PersistentVolume", "", name) for name in names if name)
        case "PersistentVolume":
            for state in states:
                claim = manifests.get(state, "spec", "claimRef", default={})
                yield Work("PersistentVolumeClaim", claim.get("namespace", ""), claim.get("name", ""))
    if key.kind in _SCALED:
        for one in seen.within(kinds.AUTOSCALER, key.namespace):
            if autoscalers.scales(one, key.kind, key.name):
                yield Work("HorizontalPodAutoscaler", key.namespace, manifests.name(one))


def _of_pod(key: ObjectKey, states: list[Manifest], seen: Seen) -> Iterator[Work]:
    for service in seen.within(kinds.SERVICE, key.namespace):
        if any(endpoints.selects(service, state) for state in states):
            yield Work("Service", key.namespace, manifests.name(service))
    for budget in seen.within(kinds.BUDGET, key.namespace):
        if any(budgets.selects(budget, state) for state in states):
            yield Work("PodDisruptionBudget", key.namespace, manifests.name(budget))
