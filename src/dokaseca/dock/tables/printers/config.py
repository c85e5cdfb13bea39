"""The cells of namespaces, nodes, configuration, storage, events, access and admission."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dokaseca.dock.tables import ages
from dokaseca.dock.tables.printers.cells import NONE, UNSET, age, truth
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_ROLE = "node-role.kubernetes.io/"


def namespace(manifest: Manifest, now: datetime) -> list[Any]:
    return [manifests.name(manifest), manifests.get(manifest, "status", "phase", default=""), age(manifest, now)]


def node(manifest: Manifest, now: datetime) -> list[Any]:
    status = manifest.get("status") or {}
    ready = next((one for one in status.get("conditions") or () if one.get("type") == "Ready"), None)
    state = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    if manifests.get(manifest, "spec", "unschedulable"):
        state += ",SchedulingDisabled"
    roles = sorted(key.removeprefix(_ROLE) for key in manifests.labels(manifest) if key.startswith(_ROLE))
    info = status.get("nodeInfo") or {}
    addresses = {one.get("type"): one.get("address") for one in status.get("addresses") or ()}
    return [
        manifests.name(manifest),
        state,
        ",".join(roles) or NONE,
        age(manifest, now),
        info.get("kubeletVersion") or "",
        addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE,
        info.get("osImage") or ages.UNKNOWN,
        info.get("kernelVersion") or ages.UNKNOWN,
        info.get("containerRuntimeVersion") or ages.UNKNOWN,
    ]


def config_map(manifest: Manifest, now: datetime) -> list[Any]:
    total = len(manifest.get("data") or ()) + len(manifest.get("binaryData") or ())
    return [manifests.name(manifest), total, age(manifest, now)]


def secret(manifest: Manifest, now: datetime) -> list[Any]:
    return [
        manifests.name(manifest),
        manifest.get("type") or "",
        len(manifest.get("data") or ()),
        age(manifest, now),
    ]


def service_account(manifest: Manifest, now: datetime) -> list[Any]:
    return [manifests.name(manifest), age(manifest, now)]


def event(manifest: Manifest, now: datetime) -> list[Any]:
    about = manifest.get("involvedObject") or manifest.get("regarding") or {}
    source = manifest.get("source") or manifest.get("deprecatedSource") or {}
    first = manifest.get("firstTimestamp") or manifest.get("deprecatedFirstTimestamp") or manifest.get("eventTime")
    last = manifest.get("lastTimestamp") or manifest.get("deprecatedLastTimestamp") or first
    last = manifests.get(manifest, "series", "lastObservedTime", default=last)
    times = (
        manifest.get("count")
        or manifest.get("deprecatedCount")
        or manifests.get(manifest, "series", "count", default=1)
    )
    component = (
        source.get("component") or manifest.get("reportingComponent") or manifest.get("reportingController") or ""
    )
    host = source.get("host")
    return [
        ages.since(last, now),
        manifest.get("type") or "",
        manifest.get("reason") or "",
        f"{str(about.get('kind') or '').lower()}/{about.get('name', '')}",
        about.get("fieldPath") or "",
        f"{component}, {host}" if host else component,
        str(manifest.get("message") or manifest.get("note") or "").strip(),
        ages.since(first, now),
        str(times),
        manifests.name(manifest),
    ]


def _modes(modes: Any) -> str:
    return ",".join(_MODES.get(mode, mode) for mode in modes or ())


def claim(manifest: Manifest, now: datetime) -> list[Any]:
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    is_bound = bool(spec.get("volumeName"))
    return [
        manifests.name(manifest),
        "Terminating" if manifests.is_deleting(manifest) else status.get("phase") or "",
        spec.get("volumeName") or "",
        manifests.get(status, "capacity", "storage", default="") if is_bound else "",
        _modes(status.get("accessModes")) if is_bound else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or UNSET,
        age(manifest, now),
        spec.get("volumeMode") or UNSET,
    ]


def volume(manifest: Manifest, now: datetime) -> list[Any]:
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    owner = spec.get("claimRef")
    return [
        manifests.name(manifest),
        manifests.get(spec, "capacity", "storage", default=""),
        _modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy") or "",
        "Terminating" if manifests.is_deleting(manifest) else status.get("phase") or "",
        f"{owner.get('namespace')}/{owner.get('name')}" if owner else "",
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or UNSET,
        status.get("reason") or "",
        age(manifest, now),
        spec.get("volumeMode") or UNSET,
    ]


def storage_class(manifest: Manifest, now: datetime) -> list[Any]:
    is_default = manifests.annotations(manifest).get("storageclass.kubernetes.io/is-default-class") == "true"
    return [
        manifests.name(manifest) + (" (default)" if is_default else ""),
        manifest.get("provisioner") or "",
        manifest.get("reclaimPolicy") or "Delete",
        manifest.get("volumeBindingMode") or "Immediate",
        truth(manifest.get("allowVolumeExpansion")),
        age(manifest, now),
    ]


def binding(manifest: Manifest, now: datetime) -> list[Any]:
    role = manifest.get("roleRef") or {}
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in manifest.get("subjects") or ():
        name = str(subject.get("name") or "")
        shown = f"{subject.get('namespace')}/{name}" if subject.get("kind") == "ServiceAccount" else name
        subjects.setdefault(str(subject.get("kind")), []).append(shown)
    return [
        manifests.name(manifest),
        f"{role.get('kind')}/{role.get('name')}",
        age(manifest, now),
        *(", ".join(subjects[kind]) for kind in ("User", "Group", "ServiceAccount")),
    ]


def webhooks(manifest: Manifest, now: datetime) -> list[Any]:
    return [manifests.name(manifest), len(manifest.get("webhooks") or ()), age(manifest, now)]


def validating_policy(manifest: Manifest, now: datetime) -> list[Any]:
    rules = manifests.get(manifest, "spec", "validations", default=[])
    return [manifests.name(manifest), len(rules), _param_kind(manifest), age(manifest, now)]


def mutating_policy(manifest: Manifest, now: datetime) -> list[Any]:
    rules = manifests.get(manifest, "spec", "mutations", default=[])
    return [manifests.name(manifest), len(rules), _param_kind(manifest), age(manifest, now)]


def _param_kind(manifest: Manifest) -> str:
    kind = manifests.get(manifest, "spec", "paramKind")
    return f"{kind.get('apiVersion')}/{kind.get('kind')}" if kind else UNSET


def policy_binding(manifest: Manifest, now: datetime) -> list[Any]:
    reference = manifests.get(manifest, "spec", "paramRef")
    shown = UNSET
    if reference:
        namespace_of = reference.get("namespace")
        shown = f"{namespace_of}/{reference.get('name')}" if namespace_of else str(reference.get("name") or "*")
    return [
        manifests.name(manifest),
        manifests.get(manifest, "spec", "policyName", default=""),
        shown,
        age(manifest, now),
    ]


def lease(manifest: Manifest, now: datetime) -> list[Any]:
    return [manifests.name(manifest), manifests.get(manifest, "spec", "holderIdentity", default=""), age(manifest, now)]


def priority_class(manifest: Manifest, now: datetime) -> list[Any]:
    policy = manifest.get("preemptionPolicy") or "PreemptLowerPriority"
    is_default = bool(manifest.get("globalDefault"))
    return [manifests.name(manifest), manifest.get("value") or 0, is_default, age(manifest, now), policy]


def runtime_class(manifest: Manifest, now: datetime) -> list[Any]:
    return [manifests.name(manifest), manifest.get("handler") or "", age(manifest, now)]


def quota(manifest: Manifest, now: datetime) -> list[Any]:
    hard = manifests.get(manifest, "status", "hard", default={})
    used = manifests.get(manifest, "status", "used", default={})
    requests: list[str] = []
    limits: list[str] = []
    for name in sorted(hard):
        (limits if name.startswith("limits") else requests).append(f"{name}: {used.get(name, 0)}/{hard[name]}")
    return [manifests.name(manifest), ", ".join(requests), ", ".join(limits), age(manifest, now)]


def api_service(manifest: Manifest, now: datetime) -> list[Any]:
    reference = manifests.get(manifest, "spec", "service")
    shown = f"{reference.get('namespace')}/{reference.get('name')}" if reference else "Local"
    conditions = manifests.get(manifest, "status", "conditions", default=[])
    available = next((one for one in conditions if one.get("type") == "Available"), {"status": "Unknown"})
    state = (
        available["status"]
        if available["status"] == "True"
        else f"{available['status']} ({available.get('reason', '')})"
    )
    return [manifests.name(manifest), shown, state, age(manifest, now)]
