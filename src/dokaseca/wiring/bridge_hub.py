"""Puts the bridge on a hub: CRDs, then everything that needs them. Safe to repeat."""

from __future__ import annotations

import asyncio

from dokaseca.bridge import manifests as bridge
from dokaseca.bridge.platform import Platform
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, NotFoundError, TransientError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

MANAGER = "dokaseca-bridge"
CRD = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
# Argo CD's default project is a beginning: whoever has tightened it must not find it open again.
CREATED_ONCE = frozenset({"Namespace", "AppProject"})
ESTABLISH_SECONDS = 30.0  # a real API server needs about one


async def bridge_hub(hub: Cluster, platform: Platform, charts_url: str) -> None:
    """Apply the CRDs, wait for them, apply the rest.

    Raises:
        TransientError: the CRDs are not established in time.
    """
    crds = bridge.crds()
    for crd in crds:
        await hub.apply(crd, field_manager=MANAGER, force=True)
    try:
        async with asyncio.timeout(ESTABLISH_SECONDS):
            for crd in crds:
                await _established(hub, manifests.name(crd))
    except TimeoutError as error:
        raise TransientError(
            f"the hub did not establish the CRDs within {ESTABLISH_SECONDS:.0f} s", reason="CRDsNotEstablished"
        ) from error
    await hub.resources(refresh=True)
    for manifest in bridge.hub(platform, charts_url):
        if manifest["kind"] in CREATED_ONCE:
            await _create_once(hub, manifest)
        else:
            await hub.apply(manifest, field_manager=MANAGER, force=True)


async def _create_once(hub: Cluster, manifest: Manifest) -> None:
    try:
        await hub.create(manifest, field_manager=MANAGER)
    except ConflictError:
        return


async def _established(hub: Cluster, name: str) -> None:
    listing = await hub.list(CRD, field_selector=f"metadata.name={name}")
    if any(_is_established(one) for one in listing.items):
        return
    async for event in hub.watch(CRD, resource_version=listing.resource_version):
        if (
            event.type in ("ADDED", "MODIFIED")
            and manifests.name(event.object) == name
            and _is_established(event.object)
        ):
            return
    raise NotFoundError("the watch on CRDs ended", subject=name)


def _is_established(crd: Manifest) -> bool:
    conditions = manifests.get(crd, "status", "conditions", default=[])
    return any(one.get("type") == "Established" and one.get("status") == "True" for one in conditions)
