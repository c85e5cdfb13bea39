"""Changes that a reviewer must not overlook: refused by the API server, destroying data, widening rights. Pure.

The immutable fields are those that Kubernetes' validation refuses to update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from dokaseca.flow.diff import danger_pods, danger_rbac, quantities
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

Level = Literal["danger", "warning"]
_Rule = Callable[[Manifest, Manifest], Iterator["Danger"]]


@dataclass(frozen=True, slots=True)
class Danger:
    """One finding.

    Attributes:
        rule: its name, the same for ever.
        level: `danger` destroys, breaks or hands over; `warning` wants a look.
        path: the field, empty for the whole object.
    """

    rule: str
    level: Level
    message: str
    path: str = ""


DELETED: Final[Mapping[str, tuple[Level, str]]] = {
    "Namespace": ("danger", "everything in the namespace goes with it"),
    "CustomResourceDefinition.apiextensions.k8s.io": ("danger", "every object of its kind goes with it"),
    "PersistentVolumeClaim": ("danger", "its volume is deleted too unless its reclaim policy is Retain"),
    "PersistentVolume": ("danger", "claims that use it lose their data"),
    "StatefulSet.apps": ("warning", "its claims stay unless persistentVolumeClaimRetentionPolicy says otherwise"),
    "NetworkPolicy.networking.k8s.io": ("warning", "traffic that it held back may flow"),
    "PodDisruptionBudget.policy": ("warning", "drains no longer wait for its Pods"),
    "StorageClass.storage.k8s.io": ("warning", "claims that name it stay pending"),
}

# Kind to the fields below spec (or the root, with a leading slash) that may never change.
_IMMUTABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "Deployment.apps": ("selector",),
    "ReplicaSet.apps": ("selector",),
    "DaemonSet.apps": ("selector",),
    "Job.batch": ("selector", "template", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy"),
    "Secret": ("/type",),
    "RoleBinding.rbac.authorization.k8s.io": ("/roleRef",),
    "ClusterRoleBinding.rbac.authorization.k8s.io": ("/roleRef",),
    "StorageClass.storage.k8s.io": ("/provisioner", "/parameters", "/reclaimPolicy", "/volumeBindingMode"),
    "PriorityClass.scheduling.k8s.io": ("/value", "/preemptionPolicy"),
    "IngressClass.networking.k8s.io": ("controller",),
    "CustomResourceDefinition.apiextensions.k8s.io": ("group", "scope", "names.kind", "names.plural"),
}

# Kind to the only fields of spec that may change.
_MUTABLE: Final[Mapping[str, frozenset[str]]] = {
    "StatefulSet.apps": frozenset(
        {"minReadySeconds", "ordinals", "persistentVolumeClaimRetentionPolicy", "replicas", "revisionHistoryLimit"}
        | {"template", "updateStrategy"}
    ),
    "PersistentVolumeClaim": frozenset({"resources", "volumeAttributesClassName"}),
}
_SCALED: Final = ("Deployment.apps", "StatefulSet.apps", "ReplicaSet.apps")


def find(before: Manifest | None, after: Manifest | None) -> list[Danger]:
    """What is dangerous about an object that appears, changes or goes; dangers before warnings."""
    found = list(_find(before, after))
    return sorted(found, key=lambda one: (one.level, one.rule, one.path))


def _find(before: Manifest | None, after: Manifest | None) -> Iterator[Danger]:
    if after is None:
        if before is not None:
            yield from _deleted(before)
        return
    if before is not None:
        for rule in (_immutable, _claim_shrinks, _frozen_data, _to_zero, _service, _definition_versions):
            yield from rule(before, after)
    for rights in danger_rbac.widened(before, after):
        yield Danger(rights.rule, "danger", rights.message, rights.path)
    for power in danger_pods.gained(before, after):
        yield Danger("host-access", "warning", power)


def kind_of(manifest: Manifest) -> str:
    """`Deployment.apps`, `Secret`."""
    return str(manifests.gvk(manifest).group_kind)


def _deleted(before: Manifest) -> Iterator[Danger]:
    level, why = DELETED.get(kind_of(before), ("warning", ""))
    if why:
        yield Danger("deleted", level, f"a {before.get('kind')} is deleted: {why}")


def _immutable(before: Manifest, after: Manifest) -> Iterator[Danger]:
    kind = kind_of(after)
    for name in _IMMUTABLE.get(kind, ()):
        path = name[1:] if name.startswith("/") else f"spec.{name}"
        if manifests.get(before, *path.split(".")) != manifests.get(after, *path.split(".")):
            yield _refused(after, path)
    if kind in _MUTABLE:
        names = {str(name) for one in (before, after) for name in manifests.get(one, "spec", default=())}
        for name in sorted(names - _MUTABLE[kind]):
            if manifests.get(before, "spec", name) != manifests.get(after, "spec", name):
                yield _refused(after, f"spec.{name}")
    addresses = [manifests.get(one, "spec", "clusterIP", default="") for one in (before, after)]
    if kind == "Service" and addresses[1] and addresses[0] != addresses[1]:
        yield _refused(after, "spec.clusterIP")


def _refused(after: Manifest, path: str) -> Danger:
    rule = "selector-changed" if path == "spec.selector" else "immutable-field"
    message = f"{path} of a {after.get('kind')} cannot be changed: the sync fails until the object is replaced"
    return Danger(rule, "danger", message, path)


def _claim_shrinks(before: Manifest, after: Manifest) -> Iterator[Danger]:
    path = ("spec", "resources", "requests", "storage")
    old, new = (quantities.value_or_none(manifests.get(one, *path)) for one in (before, after))
    if kind_of(after) == "PersistentVolumeClaim" and old is not None and new is not None and new < old:
        yield Danger("immutable-field", "danger", "a claim cannot become smaller: the sync fails", ".".join(path))


def _frozen_data(before: Manifest, after: Manifest) -> Iterator[Danger]:
    if kind_of(after) not in ("ConfigMap", "Secret") or before.get("immutable") is not True:
        return
    for name in ("data", "binaryData", "stringData", "immutable"):
        if before.get(name) != after.get(name):
            yield _refused(after, name)


def _to_zero(before: Manifest, after: Manifest) -> Iterator[Danger]:
    old, new = (manifests.get(one, "spec", "replicas", default=1) for one in (before, after))
    if kind_of(after) in _SCALED and new == 0 and old != 0:
        yield Danger("replicas-zero", "danger", f"replicas go from {old} to 0: nothing of it runs", "spec.replicas")


def _service(before: Manifest, after: Manifest) -> Iterator[Danger]:
    if kind_of(after) != "Service":
        return
    if manifests.get(before, "spec", "selector") != manifests.get(after, "spec", "selector"):
        yield Danger("service-selector", "warning", "the Service sends traffic to other Pods", "spec.selector")
    old, new = (manifests.get(one, "spec", "type", default="ClusterIP") for one in (before, after))
    if old != new and old == "LoadBalancer":
        yield Danger("service-type", "danger", f"type goes from {old} to {new}: its address is given up", "spec.type")
    elif old != new:
        yield Danger("service-type", "warning", f"type goes from {old} to {new}", "spec.type")


def _definition_versions(before: Manifest, after: Manifest) -> Iterator[Danger]:
    if kind_of(after) != "CustomResourceDefinition.apiextensions.k8s.io":
        return
    for name in sorted(_served(before) - _served(after)):
        message = f"version {name} is no longer served: manifests and clients that use it fail"
        yield Danger("crd-version-removed", "danger", message, "spec.versions")


def _served(definition: Manifest) -> set[str]:
    versions: Any = manifests.get(definition, "spec", "versions", default=[])
    return {str(one.get("name")) for one in versions if isinstance(one, dict) and one.get("served")}
