"""Which objects must be looked at again when one has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
            yield from _of_node(key, old, new, seen)
        case "PersistentVolumeClaim":
            names = {manifests.get(state, "spec", "volumeName", default="") for state in states}
            yield from (Work("PersistentVolume", "", name) for name in names if name)
            if old is None:
                yield from _waiting(seen.within(kinds.POD, key.namespace))
        case "PersistentVolume":
            for state in states:
                claim = manifests.get(state, "spec", "claimRef", default={})
                yield Work("PersistentVolumeClaim", claim.get("namespace", ""), claim.get("name", ""))
    if key.kind in _SCALED:
        for one in seen.within(kinds.AUTOSCALER, key.namespace):
            if autoscalers.scales(one, key.kind, key.name):
                yield Work("HorizontalPodAutoscaler", key.namespace, manifests.name(one))


def _of_node(key: ObjectKey, old: Manifest | None, new: Manifest | None, seen: Seen) -> Iterator[Work]:
    """Pods that may run now, and those on the node that a taint may end."""
    if old is not None and new is not None and _gist(old) == _gist(new):
        return
    for namespace, name in seen.names(kinds.POD):
        pod = seen.get_or_none(kinds.POD, namespace, name)
        if pod is not None and manifests.get(pod, "spec", "nodeName") in (None, "", key.name):
            yield Work("Pod", namespace, name)


def _gist(node: Manifest) -> tuple[object, ...]:
    """What scheduling reads of a node."""
    return node.get("spec"), manifests.labels(node)


def _waiting(pods: Iterable[Manifest]) -> Iterator[Work]:
    for pod in pods:
        if not manifests.get(pod, "spec", "nodeName"):
            yield Work("Pod", manifests.namespace(pod), manifests.name(pod))


def _of_pod(key: ObjectKey, states: list[Manifest], seen: Seen) -> Iterator[Work]:
    for service in seen.within(kinds.SERVICE, key.namespace):
        if any(endpoints.selects(service, state) for state in states):
            yield Work("Service", key.namespace, manifests.name(service))
    for budget in seen.within(kinds.BUDGET, key.namespace):
        if any(budgets.selects(budget, state) for state in states):
            yield Work("PodDisruptionBudget", key.namespace, manifests.name(budget))
