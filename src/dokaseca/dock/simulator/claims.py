"""PersistentVolumeClaims and their volumes: every claim is bound at once to a volume made for it."""

from __future__ import annotations

from collections.abc import Iterator

from dokaseca.dock.simulator import kinds, plan
from dokaseca.dock.simulator.plan import Create, Delete, Patch, Plan, Tell, Write
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_PROVISIONER = "dokaseca.dev/simulator"
_WAITS = f"Waiting for a volume to be created either by the external provisioner '{_PROVISIONER}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."  # noqa: E501 - the server's sentence


def reconcile(claim: Manifest, context: Context) -> Plan:
    """Make the volume, bind the claim to it, say so."""
    if manifests.is_deleting(claim):
        return plan.NOTHING
    name = str(manifests.get(claim, "spec", "volumeName", default="")) or f"pvc-{manifests.uid(claim)}"
    writes: list[Write] = []
    if context.seen.get_or_none(kinds.VOLUME, "", name) is None:
        writes += [*_provision(claim, name)]
    if not manifests.get(claim, "spec", "volumeName"):
        marks = {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
        writes.append(Patch(claim, {"metadata": {"annotations": marks}, "spec": {"volumeName": name}}))
    status = {
        "phase": "Bound",
        "accessModes": manifests.get(claim, "spec", "accessModes", default=["ReadWriteOnce"]),
        "capacity": {"storage": _storage(claim)},
    }
    return Plan((*writes, *plan.status(claim, status)))


def reconcile_volume(volume: Manifest, context: Context) -> Plan:
    """Say that a volume is bound; once its claim is gone, release it, and delete it where it asks for that."""
    reference = manifests.get(volume, "spec", "claimRef")
    if not reference:
        return plan.NOTHING if manifests.is_deleting(volume) else Plan(plan.status(volume, {"phase": "Available"}))
    claim = context.seen.get_or_none(kinds.CLAIM, reference.get("namespace", ""), reference.get("name", ""))
    if claim is not None and reference.get("uid", "") in ("", manifests.uid(claim)):
        return Plan(_phase(volume, "Bound", context))
    if manifests.get(volume, "spec", "persistentVolumeReclaimPolicy") == "Delete" and not manifests.is_deleting(volume):
        return Plan((*_phase(volume, "Released", context), Delete(volume)))
    return Plan(_phase(volume, "Released", context))


def _provision(claim: Manifest, name: str) -> Iterator[Write]:
    """Make the volume, in the words of the controller that asks for it and of the provisioner that makes it."""
    yield Tell(claim, "ExternalProvisioning", _WAITS, "persistentvolume-controller")
    who = f"{manifests.namespace(claim)}/{manifests.name(claim)}"
    message = f'External provisioner is provisioning volume for claim "{who}"'
    yield Tell(claim, "Provisioning", message, _PROVISIONER)
    yield Create(_volume(claim, name))
    yield Tell(claim, "ProvisioningSucceeded", f"Successfully provisioned volume {name}", _PROVISIONER)


def _phase(volume: Manifest, phase: str, context: Context) -> tuple[Write, ...]:
    if manifests.get(volume, "status", "phase") == phase:
        return ()
    return plan.status(volume, {"phase": phase, "lastPhaseTransitionTime": context.time})


def _storage(claim: Manifest) -> str:
    return str(manifests.get(claim, "spec", "resources", "requests", "storage", default="1Gi"))


def _volume(claim: Manifest, name: str) -> Manifest:
    namespace = manifests.namespace(claim)
    spec = {
        "capacity": {"storage": _storage(claim)},
        "accessModes": manifests.get(claim, "spec", "accessModes", default=["ReadWriteOnce"]),
        "persistentVolumeReclaimPolicy": "Delete",
        "volumeMode": manifests.get(claim, "spec", "volumeMode", default="Filesystem"),
        "hostPath": {"path": f"/simulated/{namespace}/{manifests.name(claim)}", "type": "DirectoryOrCreate"},
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": namespace,
            "name": manifests.name(claim),
            "uid": manifests.uid(claim),
        },
    }
    storage_class = manifests.get(claim, "spec", "storageClassName")
    if storage_class:
        spec["storageClassName"] = storage_class
    annotations = {"pv.kubernetes.io/provisioned-by": _PROVISIONER}
    metadata = {"name": name, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}
