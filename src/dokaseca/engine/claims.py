"""Who waits for an object that it wants and does not own: one of another Application, or one that nobody tracks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from dokaseca.model.identity import GroupKind, ObjectKey

K = TypeVar("K", bound=Hashable)

CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


class Claims:
    """Who waits for which object or API group without owning it."""

    def __init__(self) -> None:
        self.changed: Callable[[Iterable[str]], None] = lambda instances: None
        self._of: dict[str, tuple[frozenset[ObjectKey], frozenset[str]]] = {}
        self._by_key: dict[ObjectKey, set[str]] = {}
        self._by_group: dict[str, set[str]] = {}

    def replace(self, instance: str, keys: frozenset[ObjectKey], groups: frozenset[str]) -> None:
        """From now on `instance` waits for `keys` and `groups`, and for nothing else."""
        old_keys, old_groups = self._of.pop(instance, (frozenset(), frozenset()))
        if keys or groups:
            self._of[instance] = keys, groups
        _move(self._by_key, instance, old_keys, keys)
        _move(self._by_group, instance, old_groups, groups)

    def tell(self, key: ObjectKey) -> None:
        """An object changed; the name of a definition ends with its API group."""
        waiting = set(self._by_key.get(key, ()))
        if key.group_kind == CRD:
            waiting |= self._by_group.get(key.name.partition(".")[2], set())
        if waiting:
            self.changed(sorted(waiting))


def _move(index: dict[K, set[str]], instance: str, old: frozenset[K], new: frozenset[K]) -> None:
    for value in old - new:
        index[value].discard(instance)
        if not index[value]:
            del index[value]
    for value in new - old:
        index.setdefault(value, set()).add(instance)
