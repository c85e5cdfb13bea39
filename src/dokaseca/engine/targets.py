"""Rendered manifests made ready for one cluster: namespaces set, tracking stamped, duplicates resolved."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dokaseca.flow.sync import inventory
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupKind, GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Resource

AT_A_TIME = 500  # objects, at a fiftieth of a millisecond each
CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


class Kinds(Protocol):
    """What is asked of a cluster: which kinds it serves."""

    async def resource(self, gvk: GroupVersionKind) -> Resource:
        """As `ports.cluster.Cluster.resource`."""
        ...


@dataclass(frozen=True, slots=True)
class Targets:
    """What Git wants.

    Attributes:
        by_key: mapping of ObjectKey to Manifest, in rendered order.
        kinds: the kinds among them that the cluster serves.
        missing_kinds: the kinds that it does not serve (yet).
        repeated: how often each key was rendered, where more than once; the last one counts.
        origins: the file or template that each object came from.
    """

    by_key: Mapping[ObjectKey, Manifest]
    kinds: frozenset[GroupVersionKind]
    missing_kinds: frozenset[GroupVersionKind]
    repeated: Mapping[ObjectKey, int]
    origins: Mapping[ObjectKey, str] = field(default_factory=dict)


async def prepare(
    application: Application, rendered: Sequence[Manifest], cluster: Kinds, origins: Sequence[str] = ()
) -> Targets:
    """Complete what the repository leaves open (Argo CD: B4, B5).

    Args:
        origins: where each object came from, aligned with `rendered`; empty when nobody asks.

    Raises:
        TransientError: the cluster's discovery does not answer.
    """
    scopes, missing = await _scopes(rendered, cluster)
    by_key: dict[ObjectKey, Manifest] = {}
    counts: Counter[ObjectKey] = Counter()
    sources: dict[ObjectKey, str] = {}
    for index, one in enumerate(rendered):
        if index % AT_A_TIME == 0:
            await asyncio.sleep(0)  # others get their turn
        placed = _placed(one, scopes[manifests.gvk(one)], application.destination.namespace)
        key = _key(placed)
        counts[key] += 1
        by_key.pop(key, None)
        by_key[key] = inventory.stamp(placed, application.instance, application.destination.namespace)
        if index < len(origins):
            sources[key] = origins[index]
    repeated = {key: count for key, count in counts.items() if count > 1}
    return Targets(by_key, frozenset(scopes) - missing, missing, repeated, sources)


def _key(manifest: Manifest) -> ObjectKey:
    """The object's key; a hook that gets its name when it runs goes by its prefix."""
    key = manifests.key(manifest)
    return key if key.name else key._replace(name=str(manifests.metadata(manifest).get("generateName") or ""))


async def _scopes(
    objects: Iterable[Manifest], cluster: Kinds
) -> tuple[dict[GroupVersionKind, bool], frozenset[GroupVersionKind]]:
    """Whether each kind is namespaced; for kinds not served, what a CRD among the objects says, else namespaced."""
    own = {
        GroupKind(one["spec"]["group"], manifests.get(one, "spec", "names", "kind", default="")): manifests.get(
            one, "spec", "scope"
        )
        == "Namespaced"
        for one in objects
        if manifests.key(one).group_kind == CRD and manifests.get(one, "spec", "group")
    }
    scopes: dict[GroupVersionKind, bool] = {}
    missing: set[GroupVersionKind] = set()
    for gvk in {manifests.gvk(one) for one in objects}:
        try:
            scopes[gvk] = (await cluster.resource(gvk)).namespaced
        except UserError:  # NoKindMatch: another Application, or this one, may bring the CRD
            scopes[gvk] = own.get(gvk.group_kind, True)
            missing.add(gvk)
    return scopes, frozenset(missing)


def _placed(manifest: Manifest, namespaced: bool, namespace: str) -> Manifest:
    metadata = manifests.metadata(manifest)
    if namespaced and not metadata.get("namespace"):
        return {**manifest, "metadata": {**metadata, "namespace": namespace or "default"}}
    if not namespaced and "namespace" in metadata:
        return {**manifest, "metadata": {name: value for name, value in metadata.items() if name != "namespace"}}
    return manifest
