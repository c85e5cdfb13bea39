"""The only writer of statuses: a merge patch of what differs, nothing when nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokaseca.kit import json_merge
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

FIELD_MANAGER = "argocd-controller"


async def write(
    cluster: Cluster,
    observed: Manifest,
    status: Mapping[str, Any],
    *,
    subresource: bool,
    more: Mapping[str, Any] | None = None,
) -> Manifest:
    """Bring the object's status to `status`.

    Args:
        observed: the object as last read; what it already says is not written again.
        status: the whole new status.
        subresource: whether the kind has a status subresource (Applications and AppProjects have none).
        more: further top-level merge-patch fields to send along, such as `{"operation": None}`.

    Returns:
        The object as it then stands; `observed` itself when nothing had to be written.

    Raises:
        NotFoundError: the object is gone.
    """
    patch: dict[str, Any] = dict(more or {})
    difference = json_merge.between(observed.get("status") or {}, status)
    if difference:
        patch["status"] = difference
    if not patch:
        return observed
    return await cluster.patch(
        manifests.gvk(observed),
        manifests.namespace(observed),
        manifests.name(observed),
        patch,
        subresource="status" if subresource else "",
        field_manager=FIELD_MANAGER,
    )
