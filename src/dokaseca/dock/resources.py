"""Which kinds a cluster serves: the built-in ones, shared by all clusters, and those that definitions declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dokaseca.dock.data import tables
from dokaseca.model.identity import GroupVersionKind

# One object, two groups: both versions read and write the same table, in the form named here.
_STORED_AS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("events.k8s.io", "events"): ("", "v1"),
    ("autoscaling", "horizontalpodautoscalers"): ("autoscaling", "v2"),
}


@dataclass(frozen=True, slots=True)
class Subresource:
    """A path below an object, with the kind that it reads and writes."""

    name: str
    gvk: GroupVersionKind
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind at one version as the server serves it.

    Attributes:
        table: where its objects are kept: `plural.group`, the same for all versions of a kind.
        storage: the kind that is written to disk; other versions are converted.
        definition: the CustomResourceDefinition's name, empty for built-in kinds.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    table: str
    storage: GroupVersionKind
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    list_kind: str = ""
    preferred: bool = True
    definition: str = ""

    @property
    def gvk(self) -> GroupVersionKind:
        return GroupVersionKind(self.group, self.version, self.kind)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """`group/version/plural`, `version/plural` in the core group."""
        return f"{self.api_version}/{self.plural}"

    @property
    def is_stored_form(self) -> bool:
        """Whether stored bytes can be answered as they are."""
        return self.storage.version == self.version and self.storage.group == self.group

    @property
    def is_persisted(self) -> bool:
        """Whether objects of this kind are kept at all (reviews and bindings are answered and forgotten)."""
        return "get" in self.verbs and self.plural != "componentstatuses"


def group_resource(group: str, plural: str) -> str:
    """`plural.group`, or `plural` in the core group: the table's name, and how messages name a resource."""
    return f"{plural}.{group}" if group else plural


def _from_row(row: Mapping[str, Any]) -> ResourceType:
    group, version, plural = row["group"], row["version"], row["plural"]
    storage_group, storage_version = _STORED_AS.get((group, plural), (group, version))
    subresources = {
        name: Subresource(name, GroupVersionKind(of[0], of[1], of[2]), tuple(of[3]))
        for name, of in row.get("subresources", {}).items()
    }
    return ResourceType(
        group=group,
        version=version,
        kind=row["kind"],
        plural=plural,
        singular=row["singular"],
        namespaced=row["namespaced"],
        verbs=tuple(row["verbs"]),
        table=group_resource(storage_group, plural),
        storage=GroupVersionKind(storage_group, storage_version, row["kind"]),
        short_names=tuple(row.get("shortNames", ())),
        categories=tuple(row.get("categories", ())),
        subresources=subresources,
        list_kind=row["kind"] + "List",
        preferred=row["preferred"],
    )


@cache
def builtin() -> tuple[ResourceType, ...]:
    """Every built-in kind, in the server's order."""
    return tuple(_from_row(row) for row in tables.kinds())


@cache
def _builtin_by_path() -> dict[str, ResourceType]:
    return {of.path: of for of in builtin()}


@cache
def _builtin_by_kind() -> dict[GroupVersionKind, ResourceType]:
    return {of.gvk: of for of in builtin()}


class Registry:
    """The kinds of one cluster.

    Attributes:
        generation: grows with every change; what discovery documents are cached by.
    """

    def __init__(self) -> None:
        self.generation = 0
        self._definitions: dict[str, tuple[ResourceType, ...]] = {}
        self._custom_by_path: dict[str, ResourceType] = {}
        self._custom_by_kind: dict[GroupVersionKind, ResourceType] = {}

    def __iter__(self) -> Iterator[ResourceType]:
        """Built-in kinds first, then custom ones by definition name."""
        yield from builtin()
        for name in sorted(self._definitions):
            yield from self._definitions[name]

    def at_path_or_none(self, path: str) -> ResourceType | None:
        """The kind served at `group/version/plural`."""
        return _builtin_by_path().get(path) or self._custom_by_path.get(path)

    def of_kind_or_none(self, gvk: GroupVersionKind) -> ResourceType | None:
        """The resource that serves exactly `gvk`."""
        return _builtin_by_kind().get(gvk) or self._custom_by_kind.get(gvk)

    def of_definition(self, name: str) -> Sequence[ResourceType]:
        """The versions that CustomResourceDefinition `name` serves."""
        return self._definitions.get(name, ())

    def persisted(self) -> Iterator[ResourceType]:
        """One resource per table: the stored form where it is served, else any version that is."""
        seen: dict[str, ResourceType] = {}
        for of in self:
            if of.is_persisted and (of.table not in seen or of.is_stored_form):
                seen[of.table] = of
        return iter(seen.values())

    def has_group_version(self, group: str, version: str) -> bool:
        """Whether any kind is served at `group/version`."""
        return any(of.group == group and of.version == version for of in self)

    def register(self, name: str, types: Iterable[ResourceType]) -> None:
        """Serve `types` as what CustomResourceDefinition `name` declares, instead of what it declared before."""
        self._definitions[name] = tuple(types)
        self._reindex()

    def unregister(self, name: str) -> None:
        """Serve the kinds of CustomResourceDefinition `name` no longer."""
        if self._definitions.pop(name, None) is not None:
            self._reindex()

    def _reindex(self) -> None:
        served = [of for types in self._definitions.values() for of in types]
        self._custom_by_path = {of.path: of for of in served}
        self._custom_by_kind = {of.gvk: of for of in served}
        self.generation += 1
