"""A cluster whose answers to writes are taken into the live state at once; a new kind is known once it is defined."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError
from dokaseca.model.identity import GroupKind, GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster, FieldValidation, Listing, PatchType, Propagation, Resource, WatchEvent

CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


class ObservedCluster:
    """`ports.cluster.Cluster`, with `observe` called for every object that a lasting write returned or left behind, and
    `observe_gone` for every one that a deletion removed.

    After a write of a CustomResourceDefinition its kind is looked for: the objects of that kind come next.
    """

    def __init__(
        self, cluster: Cluster, observe: Callable[[Manifest], None], observe_gone: Callable[[ObjectKey], None]
    ) -> None:
        self._cluster = cluster
        self._observe = observe
        self._observe_gone = observe_gone

    @property
    def name(self) -> str:
        return self._cluster.name

    @property
    def server(self) -> str:
        return self._cluster.server

    async def version(self) -> str:
        return await self._cluster.version()

    async def resources(self, *, refresh: bool = False) -> Sequence[Resource]:
        return await self._cluster.resources(refresh=refresh)

    async def resource(self, gvk: GroupVersionKind) -> Resource:
        return await self._cluster.resource(gvk)

    async def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> Manifest:
        return await self._cluster.get(gvk, namespace, name)

    async def list(
        self, gvk: GroupVersionKind, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> Listing:
        return await self._cluster.list(gvk, namespace, label_selector=label_selector, field_selector=field_selector)

    def watch(
        self, gvk: GroupVersionKind, namespace: str = "", *, resource_version: str, label_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        return self._cluster.watch(gvk, namespace, resource_version=resource_version, label_selector=label_selector)

    async def create(
        self,
        manifest: Manifest,
        *,
        dry_run: bool = False,
        field_manager: str = "",
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        written = await self._cluster.create(
            manifest, dry_run=dry_run, field_manager=field_manager, validation=validation
        )
        return await self._seen(dry_run, written)

    async def update(
        self,
        manifest: Manifest,
        *,
        subresource: str = "",
        dry_run: bool = False,
        field_manager: str = "",
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        written = await self._cluster.update(
            manifest,
            subresource=subresource,
            dry_run=dry_run,
            field_manager=field_manager,
            validation=validation,
        )
        return await self._seen(dry_run, written)

    async def patch(
        self,
        gvk: GroupVersionKind,
        namespace: str,
        name: str,
        patch: Manifest | Sequence[Manifest],
        *,
        patch_type: PatchType = "application/merge-patch+json",
        subresource: str = "",
        dry_run: bool = False,
        field_manager: str = "",
    ) -> Manifest:
        written = await self._cluster.patch(
            gvk,
            namespace,
            name,
            patch,
            patch_type=patch_type,
            subresource=subresource,
            dry_run=dry_run,
            field_manager=field_manager,
        )
        return await self._seen(dry_run, written)

    async def apply(
        self,
        manifest: Manifest,
        *,
        field_manager: str,
        force: bool,
        subresource: str = "",
        dry_run: bool = False,
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        written = await self._cluster.apply(
            manifest,
            field_manager=field_manager,
            force=force,
            subresource=subresource,
            dry_run=dry_run,
            validation=validation,
        )
        return await self._seen(dry_run, written)

    async def delete(
        self,
        gvk: GroupVersionKind,
        namespace: str,
        name: str,
        *,
        propagation: Propagation = "Background",
        uid: str = "",
        dry_run: bool = False,
    ) -> None:
        await self._cluster.delete(gvk, namespace, name, propagation=propagation, uid=uid, dry_run=dry_run)
        if dry_run:
            return
        try:
            self._observe(await self._cluster.get(gvk, namespace, name))  # it may be held by finalizers
        except NotFoundError:
            self._observe_gone(ObjectKey(gvk.group, gvk.kind, namespace, name))

    def acting_as(self, user: str) -> Cluster:
        return ObservedCluster(self._cluster.acting_as(user), self._observe, self._observe_gone)

    async def close(self) -> None:
        await self._cluster.close()

    async def _seen(self, dry_run: bool, written: Manifest) -> Manifest:
        if not dry_run:
            self._observe(written)
            if manifests.gvk(written).group_kind == CRD:
                await self._discover(written)
        return written

    async def _discover(self, definition: Manifest) -> None:
        """Have the client look for the kinds that a definition brings, unless it knows them."""
        group = str(manifests.get(definition, "spec", "group", default=""))
        kind = str(manifests.get(definition, "spec", "names", "kind", default=""))
        versions = manifests.get(definition, "spec", "versions", default=[])
        wanted = {GroupVersionKind(group, str(one.get("name")), kind) for one in versions if one.get("served")}
        if not wanted <= {one.gvk for one in await self._cluster.resources()}:
            await self._cluster.resources(refresh=True)
