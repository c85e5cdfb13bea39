"""CustomResourceDefinitions: defaults, rules, status and the resource types that they serve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.resources import Registry, ResourceType, Subresource, group_resource
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

TABLE = "customresourcedefinitions.apiextensions.k8s.io"
_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_SUBRESOURCE_VERBS = ("get", "patch", "update")
FINALIZER = "customresourcecleanup.apiextensions.k8s.io"


def default(manifest: Manifest) -> None:
    """Complete a definition (apiextensions/v1/defaults.go)."""
    spec = manifest.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind") or ""
    names.setdefault("singular", kind.lower())
    names.setdefault("listKind", kind + "List" if kind else "")
    spec.setdefault("conversion", {"strategy": "None"})
    for version in spec.get("versions") or ():
        for column in version.get("additionalPrinterColumns") or ():
            column.setdefault("type", "string")


def check(manifest: Manifest, old: Manifest | None, errors: Errors) -> None:
    """Rules of a definition that users hit."""
    spec = manifest.get("spec") or {}
    names = spec.get("names") or {}
    group, plural = spec.get("group") or "", names.get("plural") or ""
    for path, value in (("group", group), ("names.plural", plural), ("names.kind", names.get("kind"))):
        if not value:
            errors.required(f"spec.{path}")
    if group and plural and manifests.name(manifest) != f"{plural}.{group}":
        errors.invalid("metadata.name", manifests.name(manifest), 'must be spec.names.plural+"."+spec.group')
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        errors.unsupported("spec.scope", spec.get("scope") or "", ("Cluster", "Namespaced"))
    _check_versions(spec.get("versions") or [], errors)
    if old is not None:
        for field in ("group", "scope"):
            errors.immutable(f"spec.{field}", spec.get(field), manifests.get(old, "spec", field))
        errors.immutable("spec.names.plural", plural, manifests.get(old, "spec", "names", "plural"))


def _check_versions(versions: list[dict[str, Any]], errors: Errors) -> None:
    if not versions:
        errors.required("spec.versions")
    if versions and sum(bool(version.get("storage")) for version in versions) != 1:
        errors.invalid(
            "spec.versions",
            [version.get("name") for version in versions],
            "must have exactly one version marked as storage version",
        )
    seen = set()
    for index, version in enumerate(versions):
        path = f"spec.versions[{index}]"
        if not version.get("name"):
            errors.required(f"{path}.name")
        elif version["name"] in seen:
            errors.duplicate(f"{path}.name", version["name"])
        seen.add(version.get("name"))
        schema = manifests.get(version, "schema", "openAPIV3Schema")
        if schema is None:
            errors.required(f"{path}.schema.openAPIV3Schema", "schemas are required")
        elif schema.get("type") != "object":
            errors.required(f"{path}.schema.openAPIV3Schema.type", "must be object at the root")


def resource_types(manifest: Manifest) -> list[ResourceType]:
    """What an accepted definition serves, newest version first."""
    spec = manifest["spec"]
    names, group = spec["names"], spec["group"]
    storage = next((version["name"] for version in spec["versions"] if version.get("storage")), "")
    served = sorted((version for version in spec["versions"] if version.get("served")), key=_priority, reverse=True)
    return [
        ResourceType(
            group=group,
            version=version["name"],
            kind=names["kind"],
            plural=names["plural"],
            singular=names.get("singular") or names["kind"].lower(),
            namespaced=spec["scope"] == "Namespaced",
            verbs=_VERBS,
            table=group_resource(group, names["plural"]),
            storage=GroupVersionKind(group, storage, names["kind"]),
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            subresources=_subresources(version, group, names["kind"]),
            list_kind=names.get("listKind") or names["kind"] + "List",
            preferred=index == 0,
            definition=manifests.name(manifest),
        )
        for index, version in enumerate(served)
    ]


def _subresources(version: dict[str, Any], group: str, kind: str) -> dict[str, Subresource]:
    declared = version.get("subresources") or {}
    found = {}
    if "status" in declared:
        own = GroupVersionKind(group, version["name"], kind)
        found["status"] = Subresource("status", own, _SUBRESOURCE_VERBS)
    if "scale" in declared:
        found["scale"] = Subresource("scale", GroupVersionKind("autoscaling", "v1", "Scale"), _SUBRESOURCE_VERBS)
    return found


def _priority(version: dict[str, Any]) -> tuple[int, int, int]:
    """Kubernetes' version order: v2 over v1 over v1beta2 over v1alpha1 over anything else."""
    name = version["name"]
    for rank, sign in ((2, "beta"), (1, "alpha")):
        major, found, minor = name.removeprefix("v").partition(sign)
        if found and major.isdigit() and minor.isdigit():
            return rank, int(major), int(minor)
    major = name.removeprefix("v")
    return (3, int(major), 0) if major.isdigit() else (0, 0, 0)


def accept(manifest: Manifest, registry: Registry, now: str) -> None:
    """Write the status that the server's naming and establishing controllers would.

    Args:
        now: RFC 3339, the time of conditions that change.
    """
    spec = manifest["spec"]
    clash = _clash(manifests.name(manifest), spec, registry)
    status = manifest.setdefault("status", {})
    accepted = {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found"}
    established = {
        "type": "Established",
        "status": "True",
        "reason": "InitialNamesAccepted",
        "message": "the initial names have been accepted",
    }
    if clash:
        accepted |= {"status": "False", "reason": "KindConflict", "message": f'"{clash}" is already in use'}
        established |= {"status": "False", "reason": "NotAccepted", "message": "not all names are accepted"}
    status["conditions"] = _merge(status.get("conditions") or [], (accepted, established), now)
    if not clash:
        status["acceptedNames"] = dict(spec["names"])
    storage = next(version["name"] for version in spec["versions"] if version.get("storage"))
    stored = status.get("storedVersions") or []
    status["storedVersions"] = stored if storage in stored else [*stored, storage]


def is_established(manifest: Manifest) -> bool:
    """Whether the definition's kinds are served."""
    conditions = manifests.get(manifest, "status", "conditions", default=[])
    return any(found.get("type") == "Established" and found.get("status") == "True" for found in conditions)


def _clash(name: str, spec: dict[str, Any], registry: Registry) -> str:
    for of in registry:
        if of.group == spec["group"] and of.definition != name:
            for field, value in (("plural", of.plural), ("kind", of.kind)):
                if spec["names"].get(field) == value:
                    return value
    return ""


def _merge(old: list[dict[str, Any]], new: Iterable[dict[str, Any]], now: str) -> list[dict[str, Any]]:
    found = {condition["type"]: condition for condition in old}
    for condition in new:
        before = found.get(condition["type"])
        is_same = before is not None and before.get("status") == condition["status"]
        changed = before["lastTransitionTime"] if before is not None and is_same else now
        found[condition["type"]] = {"lastTransitionTime": changed, **condition}
    return list(found.values())
