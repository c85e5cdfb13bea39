"""What one cluster holds of what we manage, kept current by watches.

Memory is per managed object: of an object that carries no tracking id only its identity is kept.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from dokaseca.engine.claims import Claims
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, NotFoundError, TransientError, UserError
from dokaseca.model.identity import GroupKind, GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.informer import Collection, Informer
from dokaseca.runtime.supervise import Supervisor

SYNC_SECONDS = 15.0  # a healthy cluster answers a list in far less; after this the pass is retried with backoff
SILENT_SECONDS = 5.0  # a watch that breaks is back in far less; after this what was seen last does not count any more

Owner = Callable[[Manifest], str | None]
Change = Callable[[ObjectKey, Manifest | None, Manifest | None], None]


@dataclass(slots=True)
class _Followed:
    """One kind: `answered` is set by the first list, good or bad; `error` is why the last one failed."""

    informer: Informer[ObjectKey, Manifest]
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    error: DokaSecaError | None = None
    failing_since: float = 0.0
    is_silent: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def is_usable(self) -> bool:
        return self.informer.synced.is_set() and not self.is_silent


class LiveState:
    """One informer per kind that any Application of this cluster uses.

    Args:
        cluster: where to look; closed with this.
        tasks: owns the informers' tasks.
        owner_of: the Application instance that a live object is tracked by, or None.
        on_change: called with (key, old, new) for every change of a followed kind, and with an unchanged object when
            its kind cannot be read any more, or again.
    """

    def __init__(self, cluster: Cluster, tasks: Supervisor, owner_of: Owner, on_change: Change) -> None:
        self.cluster = cluster
        self._tasks = tasks
        self._owner_of = owner_of
        self._on_change = on_change
        self._followed: dict[GroupKind, _Followed] = {}
        self._owned: dict[str, set[ObjectKey]] = {}
        self._claims = Claims()
        self._read: dict[ObjectKey, tuple[str, bytes]] = {}  # packed: definitions are large and many

    async def follow(self, kinds: Iterable[GroupVersionKind]) -> None:
        """Watch `kinds` from now on; returns once each has been listed. Kinds must be served.

        Raises:
            TransientError: the cluster does not answer, or refuses to list one of the kinds; informers go on trying.
        """
        wanted = [self._follow(gvk) for gvk in kinds]
        try:
            async with asyncio.timeout(SYNC_SECONDS):
                for one in wanted:
                    await one.answered.wait()
        except TimeoutError as error:
            raise self._unreadable(f"no answer within {SYNC_SECONDS:.0f} s") from error
        for one in wanted:
            if not one.is_usable:
                raise self._unreadable(str(one.error)) from one.error

    def listen(self, changed: Callable[[Iterable[str]], None]) -> None:
        """Call `changed` with the instances that wait for an object of others whenever that changes."""
        self._claims.changed = changed

    def claim(self, instance: str, keys: Iterable[ObjectKey], groups: Iterable[str]) -> None:
        """What an Application wants and does not own: objects, and kinds of API groups that are not served yet."""
        self._claims.replace(instance, frozenset(keys), frozenset(groups))

    def get_or_none(self, key: ObjectKey) -> Manifest | None:
        """The live object (identity only when nobody tracks it), None when it is absent or its kind is not followed."""
        followed = self._followed.get(key.group_kind)
        return followed.informer.items.get(key) if followed else None

    def owned_by(self, instance: str) -> Mapping[ObjectKey, Manifest]:
        """Every live object that the Application instance tracks, sorted by key."""
        found = {key: self.get_or_none(key) for key in sorted(self._owned.get(instance, ()))}
        return {key: live for key, live in found.items() if live is not None}

    async def read_or_none(self, key: ObjectKey) -> Manifest | None:
        """The live object in full; where only its identity is kept it is fetched, once per version."""
        live = self.get_or_none(key)
        if live is None or self._owner_of(live) is not None:
            self._read.pop(key, None)
            return live
        version, packed = self._read.get(key, ("", b""))
        if version == manifests.resource_version(live):
            unpacked: Manifest = orjson.loads(zlib.decompress(packed))
            return unpacked
        full = await self.cluster.get(manifests.gvk(live), key.namespace, key.name)
        self._read[key] = manifests.resource_version(full), zlib.compress(orjson.dumps(full), level=1)
        return full

    def observe(self, live: Manifest) -> None:
        """Take in what a write of ours returned, so that the next comparison does not wait for the watch."""
        followed = self._followed.get(manifests.key(live).group_kind)
        if followed is not None:
            followed.informer.observe(live)

    def observe_gone(self, key: ObjectKey) -> None:
        """Take in that an object that we deleted is not there any more."""
        followed = self._followed.get(key.group_kind)
        if followed is not None:
            followed.informer.observe_gone(key)

    def close(self) -> None:
        """Stop watching, and give the connections back."""
        for one in self._followed.values():
            if one.task is not None:
                one.task.cancel()
        self._followed.clear()
        self._tasks.start(f"close/{self.cluster.name}", self.cluster.close())

    def _follow(self, gvk: GroupVersionKind) -> _Followed:
        followed = self._followed.get(gvk.group_kind)
        if followed is None:
            name = f"live/{self.cluster.name}/{gvk.kind}"
            informer = Informer(name, self._collection(gvk), self._changed, keep=self._keep)
            followed = self._followed[gvk.group_kind] = _Followed(informer)
            followed.task = self._tasks.start(name, informer.run())
        return followed

    def _collection(self, gvk: GroupVersionKind) -> Collection[ObjectKey, Manifest]:
        collection = collection_of(self.cluster, gvk)

        async def list_items() -> tuple[Sequence[Manifest], str]:
            try:
                found = await collection.list()
            except DokaSecaError as error:
                await self._failed(gvk, error)
                raise
            self._recovered(gvk)
            return found

        return replace(collection, list=list_items)

    async def _failed(self, gvk: GroupVersionKind, error: DokaSecaError) -> None:
        if isinstance(error, (NotFoundError, UserError)) and await self._is_gone(gvk):
            self._forget(gvk)
            return
        followed = self._followed.get(gvk.group_kind)
        if followed is None:
            return
        now = asyncio.get_running_loop().time()
        followed.failing_since = now if followed.error is None else followed.failing_since
        followed.error = error
        followed.answered.set()
        if not followed.is_silent and now - followed.failing_since >= SILENT_SECONDS:
            followed.is_silent = True
            self._tell(followed)

    def _recovered(self, gvk: GroupVersionKind) -> None:
        followed = self._followed.get(gvk.group_kind)
        if followed is None:
            return
        followed.error = None
        asyncio.get_running_loop().call_soon(followed.answered.set)  # once the informer has taken the list in
        if followed.is_silent:
            followed.is_silent = False
            self._tell(followed)

    async def _is_gone(self, gvk: GroupVersionKind) -> bool:
        """Whether the cluster does not serve the kind any more: its definition was deleted."""
        return gvk not in {one.gvk for one in await self.cluster.resources(refresh=True)}

    def _forget(self, gvk: GroupVersionKind) -> None:
        """All objects of the kind went with its definition."""
        followed = self._followed.pop(gvk.group_kind, None)
        if followed is None:
            return
        followed.error = UserError(f"the cluster does not serve {gvk.kind} any more", reason="NoKindMatch")
        followed.answered.set()
        for key in list(followed.informer.items):
            self._changed(key, followed.informer.items.pop(key), None)
        if followed.task is not None:
            followed.task.cancel()

    def _tell(self, followed: _Followed) -> None:
        for key, live in list(followed.informer.items.items()):
            if self._owner_of(live) is not None:
                self._on_change(key, live, live)

    def _unreadable(self, why: str) -> TransientError:
        return TransientError(
            f"cluster {self.cluster.name} ({self.cluster.server}) cannot be read: {why}; check that it is up and that "
            "its credentials hold",
            reason="ClusterUnreachable",
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
            self._disown(before, key)
        if after is not None:
            self._owned.setdefault(after, set()).add(key)
        if new is None:
            self._read.pop(key, None)
        self._on_change(key, old, new)
        self._claims.tell(key)

    def _disown(self, instance: str, key: ObjectKey) -> None:
        keys = self._owned[instance]
        keys.discard(key)
        if not keys:
            del self._owned[instance]


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
