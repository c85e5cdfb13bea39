"""Carries out planned writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dokaseca.dock.simulator import kinds
from dokaseca.dock.simulator.plan import Create, Delete, Patch, SetStatus, Tell, Write
from dokaseca.kit import json_merge
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, DeniedError, NotFoundError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

CONTROLLER = "kube-controller-manager"
KUBELET = "kubelet"
_KUBELETS = frozenset({kinds.POD.kind, kinds.NODE.kind})
Done = Callable[[Write, Manifest | None], None]


async def perform(cluster: Cluster, writes: Sequence[Write], done: Done) -> bool:
    """Do `writes` in order and hand each with what it returned to `done`.

    Returns:
        Whether all were done; False when one was overtaken by another's change, so that the plan should be made anew.

    Raises:
        UserError, TransientError: as the cluster says.
    """
    alive: dict[str, bool] = {}
    for write in writes:
        if isinstance(write, Create) and write.owner is not None:
            uid = manifests.uid(write.owner)
            if uid not in alive:
                alive[uid] = await _is_alive(cluster, write.owner)
            if not alive[uid]:
                continue  # the garbage collector has it or will have it
        try:
            result = None if isinstance(write, Tell) else await _do(cluster, write)
        except NotFoundError:
            continue
        except (ConflictError, DeniedError):  # it changed, exists, or its namespace is going
            return False
        done(write, result)
    return True


async def _is_alive(cluster: Cluster, owner: Manifest) -> bool:
    """Whether `owner` is still there: what was seen of it may be older than its deletion."""
    try:
        found = await cluster.get(manifests.gvk(owner), manifests.namespace(owner), manifests.name(owner))
    except NotFoundError:
        return False
    return manifests.uid(found) == manifests.uid(owner) and not manifests.is_deleting(found)


async def _do(cluster: Cluster, write: Create | SetStatus | Patch | Delete) -> Manifest | None:
    match write:
        case Create():
            return await cluster.create(write.manifest, field_manager=CONTROLLER)
        case SetStatus():
            change = {"status": json_merge.between(write.object.get("status") or {}, write.status)}
            return await _patch(cluster, write.object, change, subresource="status")
        case Patch():
            return await _patch(cluster, write.object, write.patch)
        case Delete():
            gvk, uid = manifests.gvk(write.object), manifests.uid(write.object)
            await cluster.delete(gvk, manifests.namespace(write.object), manifests.name(write.object), uid=uid)
            return None


async def _patch(cluster: Cluster, target: Manifest, change: Manifest, subresource: str = "") -> Manifest:
    """Merge `change` into exactly this object, not into one of the same name that came after it."""
    identified = {**change, "metadata": {**change.get("metadata", {}), "uid": manifests.uid(target)}}
    gvk = manifests.gvk(target)
    return await cluster.patch(
        gvk,
        manifests.namespace(target),
        manifests.name(target),
        identified,
        subresource=subresource,
        field_manager=KUBELET if gvk.kind in _KUBELETS else CONTROLLER,
    )
