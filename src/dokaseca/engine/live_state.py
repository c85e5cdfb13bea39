"""What one cluster holds of what we manage, kept current by watches.

Memory is per managed object: of an object that carries no tracking id only its identity is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import GroupKind, GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.informer import Collection, Informer
from dokaseca.runtime.supervise import Supervisor

SYNC_SECONDS = 15.0  # a healthy cluster answers a list in far less; after this the pass is retried with backoff

Owner = Callable[[Manifest], str | None]
Change = Callable[[ObjectKey, Manifest | None, Manifest | None], None]


class LiveState:
    """One informer per kind that any Application of this cluster uses.

    Args:
        cluster: where to look.
        tasks: owns the informers' tasks.
        owner_of: the Application instance that a live object is tracked by, or None.
        on_change: called with (key, old, new) for every change of a followed kind.
    """

    def __init__(self, cluster: Cluster, tasks: Supervisor, owner_of: Owner, on_change: Change) -> None:
        self.cluster = cluster
        self._tasks = tasks
        self._owner_of = owner_of
        self._on_change = on_change
        self._informers: dict[GroupKind, Informer[ObjectKey, Manifest]] = {}
        self._running: list[asyncio.Task[None]] = []
        self._owned: dict[str, set[ObjectKey]] = {}

    async def follow(self, kinds: Iterable[GroupVersionKind]) -> None:
        """Watch `kinds` from now on; returns once each has been listed. Kinds must be served.

        Raises:
            TransientError: the cluster did not answer in time; informers go on trying.
        """
        wanted = [kind.group_kind for kind in kinds]
        for kind in kinds:
            if kind.group_kind not in self._informers:
                informer = self._informer(kind)
                self._informers[kind.group_kind] = informer
                self._running.append(self._tasks.start(informer.name, informer.run()))
        waiting = [self._informers[kind].synced for kind in wanted if not self._informers[kind].synced.is_set()]
        if not waiting:
            return
        try:
            async with asyncio.timeout(SYNC_SECONDS):
                for event in waiting:
                    await event.wait()
        except TimeoutError as error:
            raise TransientError(
                f"cluster {self.cluster.name} ({self.cluster.server}) did not list its objects within "
                f"{SYNC_SECONDS:.0f} s; check that it is up and that its credentials hold",
                reason="ClusterUnreachable",
            ) from error

    def get_or_none(self, key: ObjectKey) -> Manifest | None:
        """The live object (identity only when nobody tracks it), None when it is absent or its kind is not followed."""
        informer = self._informers.get(key.group_kind)
        return informer.items.get(key) if informer else None

    def owned_by(self, instance: str) -> Mapping[ObjectKey, Manifest]:
        """Every live object that the Application instance tracks."""
        found = {key: self.get_or_none(key) for key in self._owned.get(instance, ())}
        return {key: live for key, live in found.items() if live is not None}

    async def read_or_none(self, key: ObjectKey) -> Manifest | None:
        """The live object in full, fetched when only its identity is kept."""
        live = self.get_or_none(key)
        if live is None or self._owner_of(live) is not None:
            return live
        return await self.cluster.get(manifests.gvk(live), key.namespace, key.name)

    def observe(self, live: Manifest) -> None:
        """Take in what a write of ours returned, so that the next comparison does not wait for the watch."""
        informer = self._informers.get(manifests.key(live).group_kind)
        if informer is not None:
            informer.observe(live)

    def close(self) -> None:
        """Stop watching."""
        for task in self._running:
            task.cancel()

    def _informer(self, gvk: GroupVersionKind) -> Informer[ObjectKey, Manifest]:
        return Informer(
            f"live/{self.cluster.name}/{gvk.kind}",
            collection_of(self.cluster, gvk),
            self._changed,
            keep=self._keep,
        )

    def _keep(self, live: Manifest) -> Manifest:
        if self._owner_of(live) is not None:
            return live
        metadata = manifests.metadata(live)
        kept = {name: metadata[name] for name in ("name", "namespace", "uid", "resourceVersion") if name in metadata}
        return {"apiVersion": live.get("apiVersion"), "kind": live.get("kind"), "metadata": kept}

    def _changed(self, key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
        before = self._owner_of(old) if old is not None else None
        after = self._owner_of(new) if new is not None else None
        if before != after and before is not None:
            self._owned[before].discard(key)
        if after is not None:
            self._owned.setdefault(after, set()).add(key)
        self._on_change(key, old, new)


def collection_of(
    cluster: Cluster, gvk: GroupVersionKind, namespace: str = "", label_selector: str = ""
) -> Collection[ObjectKey, Manifest]:
    """A cluster's objects of one kind, as an informer reads them."""

    async def list_items() -> tuple[Sequence[Manifest], str]:
        listing = await cluster.list(gvk, namespace, label_selector=label_selector)
        return listing.items, listing.resource_version

    async def watch_items(position: str) -> AsyncIterator[tuple[str, Manifest]]:
        async for event in cluster.watch(gvk, namespace, resource_version=position, label_selector=label_selector):
            yield event.type, event.object

    return Collection(list_items, watch_items, manifests.key, manifests.resource_version)
