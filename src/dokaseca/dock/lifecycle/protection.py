"""Claims stay while a Pod uses them, volumes while a claim is bound to them (kube-controller-manager's protection)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dokaseca.dock.admission import config
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Change, Stored
from dokaseca.dock.verbs import write
from dokaseca.model import manifest as manifests

CLAIM: Final = "claim"
VOLUME: Final = "volume"
_TABLES: Final = {CLAIM: "persistentvolumeclaims", VOLUME: "persistentvolumes"}
_FINALIZERS: Final = {CLAIM: config.CLAIM_PROTECTION, VOLUME: config.VOLUME_PROTECTION}
_PODS: Final = "pods"
KINDS: Final = frozenset(_TABLES)


def touched(cluster: ClusterState, table: str, change: Change) -> Iterator[tuple[str, str]]:
    """(kind, namespace/name) of what may be let go because of a change."""
    after = change.after
    for kind, of in _TABLES.items():
        if table == of and _waits(kind, after) and not change.gone:
            yield kind, f"{after.namespace}/{after.name}"
    if table == _PODS and change.gone:
        yield from _waiting(cluster, CLAIM, after.namespace)


def unfinished(cluster: ClusterState) -> Iterator[tuple[str, str]]:
    """(kind, namespace/name) of what an earlier process may have left waiting."""
    for kind in _TABLES:
        yield from _waiting(cluster, kind)


def settle(cluster: ClusterState, kind: str, name: str) -> None:
    """Let an object go that nothing uses any more; idempotent.

    Raises:
        StatusError: 500, the storage refuses.
    """
    namespace, _, name = name.partition("/")
    stored = cluster.store.get_or_none(_TABLES[kind], namespace, name)
    if stored is None or not _waits(kind, stored):
        return
    if _is_claim_used(cluster, stored) if kind == CLAIM else _is_bound(cluster, stored):
        return
    manifest = cluster.read(stored)
    kept = [one for one in manifest["metadata"]["finalizers"] if one != _FINALIZERS[kind]]
    manifest["metadata"]["finalizers"] = kept
    if write.is_released(manifest):
        cluster.store.remove(_TABLES[kind], stored, manifest)
    else:
        cluster.store.put(_TABLES[kind], manifest)


def _waiting(cluster: ClusterState, kind: str, namespace: str = "") -> Iterator[tuple[str, str]]:
    for stored in cluster.store.scan(_TABLES[kind], namespace):
        if _waits(kind, stored):
            yield kind, f"{stored.namespace}/{stored.name}"


def _waits(kind: str, stored: Stored) -> bool:
    return stored.is_deleting and _FINALIZERS[kind] in stored.finalizers


def _is_claim_used(cluster: ClusterState, claim: Stored) -> bool:
    """Whether a Pod that has a node names the claim."""
    mark = claim.name.encode()
    for stored in cluster.store.scan(_PODS, claim.namespace):
        if mark not in stored.data:  # saves reading every other Pod
            continue
        pod = cluster.read(stored)
        volumes = manifests.get(pod, "spec", "volumes", default=[])
        names = [manifests.get(one, "persistentVolumeClaim", "claimName") for one in volumes]
        if claim.name in names and manifests.get(pod, "spec", "nodeName"):
            return True
    return False


def _is_bound(cluster: ClusterState, volume: Stored) -> bool:
    return bool(manifests.get(cluster.read(volume), "status", "phase") == "Bound")
