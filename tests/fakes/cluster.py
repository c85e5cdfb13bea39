"""A cluster in memory: the behaviour of `ports.cluster.Cluster` that controllers rely on, without validation."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from dokaseca.dock import field_selectors, selectors
from dokaseca.dock.patching import apply, json_patch, list_types, merge_patch, strategic
from dokaseca.kit import clock
from dokaseca.kit.clock import Clock, SystemClock
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, ExpiredError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import EventType, FieldValidation, Listing, PatchType, Propagation, Resource, WatchEvent

VERBS = frozenset({"create", "delete", "get", "list", "patch", "update", "watch"})
CLUSTER_SCOPED = frozenset(
    {"APIService", "Namespace", "Node", "PersistentVolume", "ClusterRole", "CustomResourceDefinition"}
)


class _Events(asyncio.Queue["WatchEvent | None"]):
    """What one watcher has yet to see; None ends the watch."""

    def __init__(self, wanted: tuple[selectors.Requirement, ...]) -> None:
        super().__init__()
        self.wanted = wanted


class FakeCluster:
    """Objects by key; every change goes to the watchers; owned objects go with their controller.

    Attributes:
        writes: (verb, kind, name) of every write that changed something, in order.
        oldest: watches from before this position are told that it is gone.
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
        self.oldest = 0
        self._watchers: list[tuple[GroupVersionKind, str, _Events]] = []

    async def version(self) -> str:
        return "v1.36.0"

    async def resources(self, *, refresh: bool = False) -> Sequence[Resource]:
        return self._resources

    async def resource(self, gvk: GroupVersionKind) -> Resource:
        for resource in self._resources:
            if resource.gvk == gvk:
                return resource
        raise UserError(f"no matches for kind {gvk.kind!r}", reason="NoKindMatch", subject=self.name)

    async def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> Manifest:
        resource = await self.resource(gvk)
        found = self.objects.get(ObjectKey(gvk.group, gvk.kind, namespace if resource.namespaced else "", name))
        if found is None:
            raise NotFoundError(f"{gvk.kind} {name} not found")
        return copy.deepcopy(found)

    async def list(
        self, gvk: GroupVersionKind, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> Listing:
        resource = await self.resource(gvk)
        wanted = selectors.labels(label_selector)
        fields = field_selectors.parse(field_selector, resource.plural)
        items = [
            copy.deepcopy(one)
            for key, one in self.objects.items()
            if key.group_kind == gvk.group_kind
            and namespace in ("", key.namespace)
            and selectors.matches(wanted, manifests.labels(one))
            and all(field.matches(one) for field in fields)
        ]
        return Listing(items, str(self._version))

    async def watch(
        self, gvk: GroupVersionKind, namespace: str = "", *, resource_version: str, label_selector: str = ""
    ) -> AsyncGenerator[WatchEvent, None]:
        """From now on: what changed between the list and this call comes first, as ADDED; deletions then are lost."""
        await self.resource(gvk)
        if int(resource_version or 0) < self.oldest:
            raise ExpiredError(f"too old resource version: {resource_version}", subject=self.name)
        events = _Events(selectors.labels(label_selector))
        for one in (await self.list(gvk, namespace, label_selector=label_selector)).items:
            if int(manifests.resource_version(one)) > int(resource_version or 0):
                events.put_nowait(WatchEvent("ADDED", one))
        watcher = (gvk, namespace, events)
        self._watchers.append(watcher)
        try:
            while (event := await events.get()) is not None:
                yield event
        finally:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

    async def create(
        self,
        manifest: Manifest,
        *,
        dry_run: bool = False,
        field_manager: str = "",
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        await self.resource(manifests.gvk(manifest))
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
        return made if dry_run else self._store(made, None, "ADDED", "create")

    async def update(
        self,
        manifest: Manifest,
        *,
        subresource: str = "",
        dry_run: bool = False,
        field_manager: str = "",
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        old = await self.get(manifests.gvk(manifest), manifests.namespace(manifest), manifests.name(manifest))
        version = manifests.resource_version(manifest)
        if version not in ("", manifests.resource_version(old)):
            raise ConflictError("the object has been modified")
        metadata = manifests.metadata(manifest)
        kept = {name: manifests.metadata(old).get(name) for name in ("uid", "creationTimestamp", "generation")}
        new = copy.deepcopy({**manifest, "metadata": {**metadata, **kept}})
        return self._replace(old, new, subresource, "update", dry_run)

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
        old = await self.get(gvk, namespace, name)
        if patch_type == "application/json-patch+json":
            new = json_patch.apply(old, patch)
        elif patch_type == "application/strategic-merge-patch+json":
            new = strategic.apply(old, patch, gvk)
        else:
            new = merge_patch.apply(old, patch)
        if manifests.uid(new) != manifests.uid(old):
            raise ConflictError("another uid")
        if manifests.resource_version(new) != manifests.resource_version(old):
            raise ConflictError("the object has been modified")
        return self._replace(old, copy.deepcopy(new), subresource, "patch", dry_run)

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
        await self.resource(manifests.gvk(manifest))
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
            return await self.create(made, dry_run=dry_run)
        return self._replace(live, copy.deepcopy(made), subresource, "apply", dry_run)

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
        if dry_run:
            return
        if manifests.metadata(found).get("finalizers"):
            gone = copy.deepcopy(found)
            gone["metadata"]["deletionTimestamp"] = clock.rfc3339(self._clock.now())
            self._store(gone, found, "MODIFIED", "delete")
            return
        self._remove(found)

    def acting_as(self, user: str) -> FakeCluster:
        """Nobody's rights are checked here."""
        return self

    async def close(self) -> None:
        self.end_watches()

    def end_watches(self) -> None:
        """End all watches, as a server does from time to time."""
        for _, _, events in self._watchers:
            events.put_nowait(None)
        self._watchers.clear()

    def of_kind(self, kind: str) -> Sequence[Manifest]:
        """All objects of a kind, for assertions."""
        return [one for key, one in self.objects.items() if key.kind == kind]

    def _replace(self, old: Manifest, new: Manifest, subresource: str, verb: str, dry_run: bool) -> Manifest:
        if subresource == "status":
            new = {**old, "status": new.get("status", {})}
        elif "status" in old:
            new["status"] = old["status"]
        new["metadata"]["resourceVersion"] = manifests.resource_version(old)
        if new == old:
            return copy.deepcopy(old)
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] = manifests.metadata(old).get("generation", 0) + 1
        return new if dry_run else self._store(new, old, "MODIFIED", f"{verb} {subresource}".strip())

    def _store(self, manifest: Manifest, old: Manifest | None, event: EventType, verb: str) -> Manifest:
        if manifests.is_deleting(manifest) and not manifests.metadata(manifest).get("finalizers"):
            self._remove(manifest)
            return copy.deepcopy(manifest)
        self._version += 1
        manifest["metadata"]["resourceVersion"] = str(self._version)
        self.objects[manifests.key(manifest)] = manifest
        self._tell(event, manifest, old, verb)
        return copy.deepcopy(manifest)

    def _remove(self, manifest: Manifest) -> None:
        manifest = copy.deepcopy(manifest)
        del self.objects[manifests.key(manifest)]
        self._version += 1
        manifest["metadata"]["resourceVersion"] = str(self._version)
        self._tell("DELETED", manifest, manifest, "delete")
        for one in [one for one in self.objects.values() if _is_owned(one, manifests.uid(manifest))]:
            self._remove(one)

    def _tell(self, event: EventType, manifest: Manifest, old: Manifest | None, verb: str) -> None:
        key = manifests.key(manifest)
        self.writes.append((verb, key.kind, key.name))
        for gvk, namespace, events in self._watchers:
            if gvk.group_kind != key.group_kind or namespace not in ("", key.namespace):
                continue
            before = old is not None and selectors.matches(events.wanted, manifests.labels(old))
            after = selectors.matches(events.wanted, manifests.labels(manifest)) and event != "DELETED"
            if before or after:
                shown: EventType = "DELETED" if not after else "MODIFIED" if before else "ADDED"
                events.put_nowait(WatchEvent(shown, copy.deepcopy(manifest)))


def _is_owned(manifest: Manifest, uid: str) -> bool:
    references: list[dict[str, Any]] = manifests.metadata(manifest).get("ownerReferences") or []
    return any(one.get("uid") == uid for one in references)
