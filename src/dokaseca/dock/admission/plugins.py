"""The built-in admission plugins that look at other objects of the cluster, in the order of a real server."""

from __future__ import annotations

from typing import Any, Final

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.admission import limits, pods, quota
from dokaseca.dock.store.objects import Store
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

PRIORITY_CLASSES: Final = "priorityclasses.scheduling.k8s.io"
CLASSES: Final = "storageclasses.storage.k8s.io"
_BOUNDED: Final = frozenset({"pods", "persistentvolumeclaims"})
_RESIZES = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)
# pkg/apis/scheduling/v1/helpers.go
SYSTEM_PRIORITIES: Final = {
    "system-cluster-critical": (2_000_000_000, "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."),  # noqa: E501
    "system-node-critical": (2_000_001_000, "Used for system critical pods that must not be moved from their current node."),  # noqa: E501
}  # fmt: skip


def complete(store: Store, table: str, manifest: Manifest) -> None:
    """Fill in what other objects say about a new one: its priority, its requests and limits.

    Raises:
        StatusError: 403, no such PriorityClass.
    """
    if table != "pods":
        return
    _set_priority(store, manifest)
    if store.count(limits.TABLE, manifests.namespace(manifest)):
        limits.complete(store, manifest)
        manifest["status"]["qosClass"] = pods.qos_class(manifest["spec"])


def check(store: Store, table: str, manifest: Manifest, old: Manifest | None) -> None:
    """Refuse what other objects forbid: bounds, a claim that cannot grow, and at last quotas.

    Raises:
        StatusError: 403.
    """
    namespace = manifests.namespace(manifest)
    if table in _BOUNDED and store.count(limits.TABLE, namespace):
        limits.check(store, table, manifest)
    if table == "persistentvolumeclaims" and old is not None:
        _check_resize(store, manifest, old)
    if quota.is_limited(store, namespace):
        quota.check(store, table, manifest, old)


def _set_priority(store: Store, pod: Manifest) -> None:
    spec: dict[str, Any] = pod["spec"]
    name = spec.get("priorityClassName") or ""
    if name:
        stored = store.get_or_none(PRIORITY_CLASSES, "", name)
        if stored is None:
            why = f"no PriorityClass with name {name} was found"
            raise status_error.forbidden("", "pods", manifests.name(pod), why)
        found = orjson.loads(stored.data)
    else:
        known = [orjson.loads(stored.data) for stored in store.scan(PRIORITY_CLASSES)]
        chosen = sorted((one for one in known if one.get("globalDefault")), key=lambda one: int(one["value"]))
        if not chosen:
            return
        found = chosen[0]
        spec["priorityClassName"] = manifests.name(found)
    spec["priority"] = found["value"]
    spec["preemptionPolicy"] = found.get("preemptionPolicy", "PreemptLowerPriority")


def _check_resize(store: Store, claim: Manifest, old: Manifest) -> None:
    """Claims grow only where their class lets them (plugin PersistentVolumeClaimResize)."""
    sizes = [manifests.get(one, "spec", "resources", "requests", "storage") for one in (claim, old)]
    if sizes[0] == sizes[1]:
        return
    name = manifests.get(old, "spec", "storageClassName", default="")
    stored = store.get_or_none(CLASSES, "", name) if name else None
    if stored is None or not orjson.loads(stored.data).get("allowVolumeExpansion"):
        raise status_error.forbidden("", "persistentvolumeclaims", manifests.name(claim), _RESIZES)
