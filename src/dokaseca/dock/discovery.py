"""What the server serves, in the legacy and in the aggregated form."""

from __future__ import annotations

from typing import Any

from dokaseca.dock import routes
from dokaseca.dock.data import tables
from dokaseca.dock.resources import Registry, ResourceType, Subresource

GIT_VERSION = f"v1.{tables.KUBERNETES_MINOR}.0"
AGGREGATED = "apidiscovery.k8s.io"
AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def version() -> dict[str, str]:
    """`/version`."""
    return {
        "major": "1",
        "minor": tables.KUBERNETES_MINOR,
        "emulationMajor": "1",
        "emulationMinor": tables.KUBERNETES_MINOR,
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": str(int(tables.KUBERNETES_MINOR) - 1),
        "gitVersion": GIT_VERSION,
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-04-22T00:00:00Z",
        "goVersion": "go1.26.0",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def core_versions(address: str) -> dict[str, Any]:
    """`/api`: the versions of the core group."""
    servers = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": servers}


def _versions(registry: Registry) -> dict[str, dict[str, list[ResourceType]]]:
    """Group to version to kinds; the core group first, preferred versions before others."""
    found: dict[str, dict[str, list[ResourceType]]] = {}
    for of in sorted(registry, key=lambda of: not of.preferred):
        found.setdefault(of.group, {}).setdefault(of.version, []).append(of)
    return {group: found[group] for group in sorted(found)}


def _group(name: str, versions: list[str]) -> dict[str, Any]:
    listed = [{"groupVersion": f"{name}/{one}", "version": one} for one in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def groups(registry: Registry) -> dict[str, Any]:
    """`/apis`: all groups but the core one."""
    listed = [_group(name, list(versions)) for name, versions in _versions(registry).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def group(registry: Registry, name: str) -> dict[str, Any]:
    """`/apis/<group>`.

    Raises:
        StatusError: 404.
    """
    versions = _versions(registry).get(name)
    if not versions:
        raise routes.nothing_at(f"/apis/{name}")
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, list(versions))}


def resources(registry: Registry, group_name: str, version_name: str) -> dict[str, Any]:
    """`/api/v1` and `/apis/<group>/<version>`.

    Raises:
        StatusError: 404.
    """
    found = [of for of in registry if of.group == group_name and of.version == version_name]
    if not found:
        raise routes.nothing_at(f"/apis/{group_name}/{version_name}")
    listed = []
    for of in found:
        entry: dict[str, Any] = {
            "name": of.plural,
            "singularName": of.singular,
            "namespaced": of.namespaced,
            "kind": of.kind,
            "verbs": list(of.verbs),
        }
        if of.short_names:
            entry["shortNames"] = list(of.short_names)
        if of.categories:
            entry["categories"] = list(of.categories)
        listed.append(entry)
        listed.extend(_subresource(of, sub) for sub in of.subresources.values())
    group_version = f"{group_name}/{version_name}" if group_name else version_name
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}


def _subresource(of: ResourceType, sub: Subresource) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": f"{of.plural}/{sub.name}",
        "singularName": "",
        "namespaced": of.namespaced,
        "kind": sub.gvk.kind,
        "verbs": list(sub.verbs),
    }
    if (sub.gvk.group, sub.gvk.version) != (of.group, of.version):
        entry |= {"group": sub.gvk.group, "version": sub.gvk.version}
    return entry


def aggregated(registry: Registry, *, core: bool) -> dict[str, Any]:
    """`/api` (core) and `/apis` as one APIGroupDiscoveryList (apidiscovery.k8s.io/v2)."""
    items = []
    for name, versions in _versions(registry).items():
        if bool(name) == core:
            continue
        listed = [
            {"version": one, "resources": [_discovered(of) for of in found], "freshness": "Current"}
            for one, found in versions.items()
        ]
        metadata = {"name": name, "creationTimestamp": None} if name else {"creationTimestamp": None}
        items.append({"metadata": metadata, "versions": listed})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _discovered(of: ResourceType) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "resource": of.plural,
        "responseKind": {"group": of.group, "version": of.version, "kind": of.kind},
        "scope": "Namespaced" if of.namespaced else "Cluster",
        "singularResource": of.singular,
        "verbs": list(of.verbs),
    }
    if of.short_names:
        entry["shortNames"] = list(of.short_names)
    if of.categories:
        entry["categories"] = list(of.categories)
    if of.subresources:
        entry["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": {"group": sub.gvk.group, "version": sub.gvk.version, "kind": sub.gvk.kind},
                "verbs": list(sub.verbs),
            }
            for sub in of.subresources.values()
        ]
    return entry
