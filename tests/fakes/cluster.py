"""A cluster in memory: the behaviour of `ports.cluster.Cluster` that controllers rely on, without validation."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Any

from dokaseca.dock.patching import apply, list_types
from dokaseca.kit import clock, json_merge
from dokaseca.kit.clock import Clock, SystemClock
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import EventType, Listing, PatchType, Propagation, Resource, WatchEvent

VERBS = frozenset({"create", "delete", "get", "list", "patch", "update", "watch"})
CLUSTER_SCOPED = frozenset(
    {"APIService", "Namespace", "Node", "PersistentVolume", "ClusterRole", "CustomResourceDefinition"}
)


class FakeCluster:
    """Objects by key; every change goes to the watchers; owned objects go with their controller.

    Attributes:
        writes: (verb, kind, name) of every write that changed something, in order.
    """

    def __init__(self, kinds: Sequence[GroupVersionKind], *, name: str = "fake", time: Clock | None = None) -> None:
        self.name = name
        self.server = f"https://{name}.test"
        self.objects: dict[ObjectKey, Manifest] = {}
        self.writes: list[tuple[str, str, str]] = []
        self._resources = [
            Resource(
                kind.group, kind.version, kind.kind, f"{kind.kind.lower()}s", kind.kind not in CLUSTER_SCOPED, VERBS
            )
            for kind in kinds
        ]
        self._clock = time or SystemClock()
        self._version = 1
        self._serial = itertools.count(1)
        self._watchers: list[tuple[GroupVersionKind, str, asyncio.Queue[WatchEvent]]] = []

    async def version(self) -> str:
        return "v1.36.0"

    async def resources(self, *, refresh: bool = False) -> Sequence[Resource]:
        return self._resources

    async def resource(self, gvk: GroupVersionKind) -> Resource:
        for resource in self._resources:
            if resource.gvk == gvk:
                return resource
        raise UserError(f"no matches for kind {gvk.kind}", reason="NoKindMatch")

    async def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> Manifest:
        found = self.objects.get(ObjectKey(gvk.group, gvk.kind, namespace, name))
        if found is None:
            raise NotFoundError(f"{gvk.kind} {name} not found")
        return copy.deepcopy(found)

    async def list(
        self, gvk: GroupVersionKind, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> Listing:
        wanted = dict(pair.split("=") for pair in label_selector.split(",") if pair)
        items = [
            copy.deepcopy(one)
            for key, one in self.objects.items()
            if key.group_kind == gvk.group_kind
            and namespace in ("", key.namespace)
            and wanted.items() <= manifests.labels(one).items()
        ]
        return Listing(items, str(self._version))

    async def watch(
        self, gvk: GroupVersionKind, namespace: str = "", *, resource_version: str, label_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """From now on: what changed between the list and this call comes first, as ADDED."""
        events: asyncio.Queue[WatchEvent] = asyncio.Queue()
        for one in (await self.list(gvk, namespace)).items:
            if int(manifests.resource_version(one)) > int(resource_version):
                events.put_nowait(WatchEvent("ADDED", one))
        watcher = (gvk, namespace, events)
        self._watchers.append(watcher)
        try:
            while True:
                yield await events.get()
        finally:
            self._watchers.remove(watcher)

    async def create(self, manifest: Manifest, *, dry_run: bool = False, field_manager: str = "") -> Manifest:
        made = copy.deepcopy(manifest)
        metadata = made.setdefault("metadata", {})
        if "generateName" in metadata and "name" not in metadata:
            metadata["name"] = f"{metadata['generateName']}{next(self._serial):05x}"
        if manifests.key(made) in self.objects:
            raise ConflictError(f"{manifests.name(made)} already exists", reason="AlreadyExists")
        metadata |= {
            "uid": f"uid-{next(self._serial)}",
            "creationTimestamp": clock.rfc3339(self._clock.now()),
            "generation": 1,
        }
        if made.get("kind") == "Pod":
            made["status"] = {"phase": "Pending"}
        return self._store(made, "ADDED", "create")

    async def update(
        self, manifest: Manifest, *, subresource: str = "", dry_run: bool = False, field_manager: str = ""
    ) -> Manifest:
        old = await self.get(manifests.gvk(manifest), manifests.namespace(manifest), manifests.name(manifest))
        version = manifests.resource_version(manifest)
        if version not in ("", manifests.resource_version(old)):
            raise ConflictError("the object has been modified")
        return self._replace(old, copy.deepcopy(manifest), subresource, "update")

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
        if patch_type != "application/merge-patch+json":
            raise UserError("the fake knows merge patches only", reason="UnsupportedMediaType")
        old = await self.get(gvk, namespace, name)
        new = copy.deepcopy(json_merge.apply(old, patch))
        if manifests.uid(new) != manifests.uid(old):
            raise ConflictError("another uid")
        return self._replace(old, new, subresource, "patch")

    async def apply(
        self, manifest: Manifest, *, field_manager: str, force: bool, subresource: str = "", dry_run: bool = False
    ) -> Manifest:
        live = self.objects.get(manifests.key(manifest))
        made = apply.apply(
            live,
            manifest,
            manager=field_manager,
            force=force,
            api_version=str(manifest["apiVersion"]),
            schema=list_types.deduced(),
            time=clock.rfc3339(self._clock.now()),
        )
        if live is None:
            return await self.create(made)
        return self._replace(live, copy.deepcopy(made), subresource, "apply")

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
        found = await self.get(gvk, namespace, name)
        if uid not in ("", manifests.uid(found)):
            raise ConflictError("another uid")
        if manifests.metadata(found).get("finalizers"):
            found["metadata"]["deletionTimestamp"] = clock.rfc3339(self._clock.now())
            self._store(found, "MODIFIED", "delete")
            return
        self._remove(found)

    async def close(self) -> None:
        self._watchers.clear()

    def of_kind(self, kind: str) -> Sequence[Manifest]:
        """All objects of a kind, for assertions."""
        return [one for key, one in self.objects.items() if key.kind == kind]

    def _replace(self, old: Manifest, new: Manifest, subresource: str, verb: str) -> Manifest:
        if subresource == "status":
            new = {**old, "status": new.get("status", {})}
        elif "status" in old:
            new["status"] = old["status"]
        if new == old:
            return old
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] = manifests.metadata(old).get("generation", 0) + 1
        return self._store(new, "MODIFIED", f"{verb} {subresource}".strip())

    def _store(self, manifest: Manifest, event: EventType, verb: str) -> Manifest:
        self._version += 1
        manifest["metadata"]["resourceVersion"] = str(self._version)
        self.objects[manifests.key(manifest)] = manifest
        self._tell(event, manifest, verb)
        return copy.deepcopy(manifest)

    def _remove(self, manifest: Manifest) -> None:
        del self.objects[manifests.key(manifest)]
        self._version += 1
        manifest["metadata"]["resourceVersion"] = str(self._version)
        self._tell("DELETED", manifest, "delete")
        for one in [one for one in self.objects.values() if _is_owned(one, manifests.uid(manifest))]:
            self._remove(copy.deepcopy(one))

    def _tell(self, event: EventType, manifest: Manifest, verb: str) -> None:
        key = manifests.key(manifest)
        self.writes.append((verb, key.kind, key.name))
        for gvk, namespace, events in self._watchers:
            if gvk.group_kind == key.group_kind and namespace in ("", key.namespace):
                events.put_nowait(WatchEvent(event, copy.deepcopy(manifest)))


def _is_owned(manifest: Manifest, uid: str) -> bool:
    references: list[dict[str, Any]] = manifests.metadata(manifest).get("ownerReferences") or []
    return any(one.get("uid") == uid for one in references)
