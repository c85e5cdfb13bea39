"""Which Application an object belongs to: tracking by annotation. Pure (B5)."""

from __future__ import annotations

from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupKind
from dokaseca.model.manifest import Manifest

TRACKING = "argocd.argoproj.io/tracking-id"
CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


def tracking_id(manifest: Manifest, instance: str, namespace: str) -> str:
    """`<instance>:<group>/<kind>:<namespace>/<name>`; cluster-scoped objects carry the destination namespace."""
    key = manifests.key(manifest)
    return f"{instance}:{key.group}/{key.kind}:{key.namespace or namespace}/{key.name}"


def stamp(manifest: Manifest, instance: str, namespace: str) -> Manifest:
    """`manifest` with its tracking annotation; CRDs stay unmarked: they are never owned, pruned or deleted."""
    if manifests.key(manifest).group_kind == CRD:
        return manifest
    metadata = manifests.metadata(manifest)
    annotations = {**manifests.annotations(manifest), TRACKING: tracking_id(manifest, instance, namespace)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def owner_or_none(live: Manifest) -> str | None:
    """The instance that tracks a live object; a mark copied from another object does not count."""
    instance, _, rest = manifests.annotations(live).get(TRACKING, "").partition(":")
    if not rest:
        return None
    key = manifests.key(live)
    what, _, where = rest.partition(":")
    namespace, _, name = where.partition("/")
    same_place = not key.namespace or namespace == key.namespace
    return instance if what == f"{key.group}/{key.kind}" and name == key.name and same_place else None
