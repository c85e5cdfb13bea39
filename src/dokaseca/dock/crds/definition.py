"""CustomResourceDefinitions: defaults, status and the resource types that they serve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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


def resource_types(manifest: Manifest) -> list[ResourceType]:
    """What an accepted definition serves, newest version first."""
    spec = manifest["spec"]
    names, group = manifests.get(manifest, "status", "acceptedNames", default=spec["names"]), spec["group"]
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
    spec, status = manifest["spec"], manifest.setdefault("status", {})
    wanted, names = spec["names"], dict(status.get("acceptedNames") or {})
    was_established = is_established(manifest)
    accepted = {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found"}
    taken = _taken(manifests.name(manifest), spec["group"], registry)
    for field, (reason, of) in _CLASHES.items():
        clash = _clash(wanted.get(field), names.get(field), taken[of])
        if clash:
            accepted |= {"status": "False", "reason": reason, "message": f'"{clash}" is already in use'}
        elif field in wanted:
            names[field] = wanted[field]
        else:
            names.pop(field, None)
    if "categories" in wanted:
        names["categories"] = wanted["categories"]
    else:
        names.pop("categories", None)
    status["acceptedNames"] = {field: names[field] for field in _ORDER if field in names}
    established = {
        "type": "Established",
        "status": "True",
        "reason": "InitialNamesAccepted",
        "message": "the initial names have been accepted",
    }
    if accepted["status"] != "True" and not was_established:
        established |= {"status": "False", "reason": "NotAccepted", "message": "not all names are accepted"}
    status["conditions"] = _merge(status.get("conditions") or [], (accepted, established), now)
    storage = next(version["name"] for version in spec["versions"] if version.get("storage"))
    stored = status.get("storedVersions") or []
    status["storedVersions"] = stored if storage in stored else [*stored, storage]


def is_established(manifest: Manifest) -> bool:
    """Whether the definition's kinds are served."""
    conditions = manifests.get(manifest, "status", "conditions", default=[])
    return any(found.get("type") == "Established" and found.get("status") == "True" for found in conditions)


_ORDER = ("plural", "singular", "shortNames", "kind", "listKind", "categories")
# The naming controller's order: of several clashes, the last one is the condition's reason.
_CLASHES = {
    "plural": ("PluralConflict", "resources"),
    "singular": ("SingularConflict", "resources"),
    "shortNames": ("ShortNamesConflict", "resources"),
    "kind": ("KindConflict", "kinds"),
    "listKind": ("ListKindConflict", "kinds"),
}


def _taken(name: str, group: str, registry: Registry) -> dict[str, set[str]]:
    """The names that other definitions of the group have, and the kinds."""
    others = [of for of in registry if of.group == group and of.definition and of.definition != name]
    resources = {used for of in others for used in (of.plural, of.singular, *of.short_names)}
    return {"resources": resources, "kinds": {used for of in others for used in (of.kind, of.list_kind)}}


def _clash(wanted: Any, accepted: Any, taken: set[str]) -> str:
    """A name that somebody else has; what was accepted before stays accepted."""
    if wanted == accepted:
        return ""
    return next((name for name in ([wanted] if isinstance(wanted, str) else wanted or ()) if name in taken), "")


def _merge(old: list[dict[str, Any]], new: Iterable[dict[str, Any]], now: str) -> list[dict[str, Any]]:
    found = {condition["type"]: condition for condition in old}
    for condition in new:
        before = found.get(condition["type"])
        is_same = before is not None and before.get("status") == condition["status"]
        changed = before["lastTransitionTime"] if before is not None and is_same else now
        found[condition["type"]] = {"lastTransitionTime": changed, **condition}
    return list(found.values())
