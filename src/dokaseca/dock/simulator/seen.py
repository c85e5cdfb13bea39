"""What the simulator has seen of its cluster, indexed the ways its concerns ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dokaseca.dock.simulator.options import SimulatorOptions
from dokaseca.kit import clock
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest


def controller_uid(manifest: Manifest) -> str:
    """The uid of the object that controls `manifest`, empty when nothing does."""
    owner = controller(manifest)
    return str(owner.get("uid") or "") if owner else ""


def controller(manifest: Manifest) -> Manifest | None:
    """The owner reference of whoever controls `manifest`."""
    for reference in manifests.metadata(manifest).get("ownerReferences") or ():
        if isinstance(reference, dict) and reference.get("controller"):
            return reference
    return None


class Seen:
    """Objects by key, by controller and by namespace. `take` keeps all three in step."""

    def __init__(self) -> None:
        self._objects: dict[ObjectKey, Manifest] = {}
        self._owned: dict[tuple[str, str], dict[ObjectKey, Manifest]] = {}
        self._within: dict[tuple[str, str], dict[ObjectKey, Manifest]] = {}
        self._first_seen: dict[str, float] = {}

    def take(self, key: ObjectKey, manifest: Manifest | None, at_seconds: float) -> None:
        """The object at `key` is `manifest` now, None when it is gone."""
        old = self._objects.pop(key, None)
        if old is not None:
            _drop(self._owned, (key.kind, controller_uid(old)), key)
            _drop(self._within, (key.kind, key.namespace), key)
            if manifest is None or manifests.uid(manifest) != manifests.uid(old):
                self._first_seen.pop(manifests.uid(old), None)
        if manifest is not None:
            self._objects[key] = manifest
            self._within.setdefault((key.kind, key.namespace), {})[key] = manifest
            self._first_seen.setdefault(manifests.uid(manifest), at_seconds)
            owner = controller_uid(manifest)
            if owner:
                self._owned.setdefault((key.kind, owner), {})[key] = manifest

    def get_or_none(self, kind: GroupVersionKind, namespace: str, name: str) -> Manifest | None:
        return self._objects.get(ObjectKey(kind.group, kind.kind, namespace, name))

    def owned(self, owner: Manifest, kind: GroupVersionKind) -> list[Manifest]:
        """What `owner` controls, oldest first."""
        found = self._owned.get((kind.kind, manifests.uid(owner)), {}).values()
        return sorted(found, key=lambda one: (self._first_seen[manifests.uid(one)], manifests.name(one)))

    def within(self, kind: GroupVersionKind, namespace: str) -> Iterable[Manifest]:
        """All objects of a kind in a namespace (empty for cluster-scoped kinds)."""
        return self._within.get((kind.kind, namespace), {}).values()

    def names(self, kind: GroupVersionKind) -> list[tuple[str, str]]:
        """(namespace, name) of all objects of a kind."""
        return [(key.namespace, key.name) for key in self._objects if key.group_kind == kind.group_kind]

    def first_seen_seconds(self, manifest: Manifest) -> float:
        """When this object was first seen, on the monotonic clock."""
        return self._first_seen[manifests.uid(manifest)]


def _drop(index: dict[tuple[str, str], dict[ObjectKey, Manifest]], group: tuple[str, str], key: ObjectKey) -> None:
    members = index.get(group)
    if members is not None:
        members.pop(key, None)
        if not members:
            del index[group]


@dataclass(frozen=True, slots=True)
class Context:
    """All that a concern may look at."""

    seen: Seen
    options: SimulatorOptions
    now: datetime
    monotonic_seconds: float

    @property
    def time(self) -> str:
        """The current time as statuses write it."""
        return clock.rfc3339(self.now)

    def age_seconds(self, manifest: Manifest) -> float:
        """How long ago `manifest` was first seen."""
        return self.monotonic_seconds - self.seen.first_seen_seconds(manifest)

    def since_seconds(self, time: str) -> float:
        """How long ago `time` (RFC 3339) was; very long ago where it is missing or malformed."""
        try:
            return (self.now - clock.parse_rfc3339(time)).total_seconds()
        except ValueError:
            return float("inf")
