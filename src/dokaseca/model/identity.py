"""Names of things: kinds, objects, Applications."""

from __future__ import annotations

from typing import NamedTuple


class GroupKind(NamedTuple):
    """A kind whatever its version; the core group is the empty string."""

    group: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind


class GroupVersionKind(NamedTuple):
    """A kind at one version."""

    group: str
    version: str
    kind: str

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` alone for the core group, as manifests write it."""
        return f"{self.group}/{self.version}" if self.group else self.version


class ObjectKey(NamedTuple):
    """One object in one cluster, whatever its version; `namespace` is empty for cluster-scoped objects."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def group_kind(self) -> GroupKind:
        return GroupKind(self.group, self.kind)

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{GroupKind(self.group, self.kind)} {where}"


class NamespacedName(NamedTuple):
    """An object of a kind that the context tells: the key of every controller's queue."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
