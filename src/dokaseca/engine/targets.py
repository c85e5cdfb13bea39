"""Rendered manifests made ready for one cluster: namespaces set, tracking stamped, duplicates resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dokaseca.flow.sync import inventory
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.errors import UserError
from dokaseca.model.identity import GroupKind, GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


@dataclass(frozen=True, slots=True)
class Targets:
    """What Git wants.

    Attributes:
        by_key: mapping of ObjectKey to Manifest, in rendered order.
        kinds: the kinds among them that the cluster serves.
        missing_kinds: the kinds that it does not serve (yet).
        repeated: keys that were rendered more than once; the last one counts.
    """

    by_key: Mapping[ObjectKey, Manifest]
    kinds: frozenset[GroupVersionKind]
    missing_kinds: frozenset[GroupVersionKind]
    repeated: tuple[ObjectKey, ...]


async def prepare(application: Application, rendered: Iterable[Manifest], cluster: Cluster) -> Targets:
    """Complete what the repository leaves open (Argo CD: B4, B5).

    Raises:
        TransientError: the cluster's discovery does not answer.
    """
    objects = tuple(rendered)
    scopes, missing = await _scopes(objects, cluster)
    by_key: dict[ObjectKey, Manifest] = {}
    repeated: list[ObjectKey] = []
    for one in objects:
        placed = _placed(one, scopes[manifests.gvk(one)], application.destination.namespace)
        key = manifests.key(placed)
        if key in by_key:
            repeated.append(key)
            del by_key[key]
        by_key[key] = inventory.stamp(placed, application.instance, application.destination.namespace)
    kinds = frozenset(scopes) - missing
    return Targets(by_key, kinds, missing, tuple(repeated))


async def _scopes(
    objects: Iterable[Manifest], cluster: Cluster
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
