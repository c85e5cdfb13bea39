"""OpenAPI v3, one document per group and version: what `kubectl apply` and `kubectl explain` read.

Documents are built when asked for and not kept: clients keep them, by the hash in their address.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dokaseca.dock import discovery, status_error
from dokaseca.dock.crds.served import Served
from dokaseca.dock.data import tables
from dokaseca.dock.resources import Registry, ResourceType
from dokaseca.kit import digest
from dokaseca.model.identity import GroupVersionKind

_REFERENCE: Final = "#/components/schemas/"
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
_STRATEGIC: Final = "application/strategic-merge-patch+json"  # clients send what is listed: custom kinds do not take it
_PATCHES: Final = (
    "application/json-patch+json",
    "application/merge-patch+json",
    _STRATEGIC,
    "application/apply-patch+yaml",
)
_WRITE_OPTIONS: Final = ("dryRun", "fieldManager", "fieldValidation", "pretty")


def _path(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def index(registry: Registry, served: Served) -> dict[str, Any]:
    """`/openapi/v3`: where the document of each group and version lies."""
    paths: dict[str, Any] = {}
    for of in registry:
        path = _path(of.group, of.version)
        version = served.of_path_or_none(of.path)
        # the hash is part of the address: a client asks again exactly when a schema has changed
        known = paths.setdefault(path, [])
        known.append(digest.of_value([of.plural, of.kind, version.digest if version else discovery.GIT_VERSION]))
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest.of_value(known).upper()}"}
            for path, known in paths.items()
        }
    }


def document(registry: Registry, served: Served, path: str) -> dict[str, Any]:
    """`/openapi/v3/<path>`, `path` such as `api/v1` or `apis/apps/v1`.

    Raises:
        StatusError: 404.
    """
    found = [of for of in registry if _path(of.group, of.version) == path]
    if not found:
        raise status_error.no_such_path()
    components: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for of in found:
        name = _component(of, served, components)
        paths.update(_paths(of, name))
    _close(components)
    info = {"title": "Kubernetes", "version": discovery.GIT_VERSION}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": components}}


def _component(of: ResourceType, served: Served, components: dict[str, Any]) -> str:
    version = served.of_path_or_none(of.path)
    if version is None:
        name = tables.schema_names().get((of.group, of.version, of.kind), "")
        if name:
            components[name] = tables.schemas()[name]
        return name
    name = ".".join([*reversed(of.group.split(".")), of.version, of.kind])
    kinds = [{"group": of.group, "version": of.version, "kind": of.kind}]
    meta = {"allOf": [{"$ref": f"{_REFERENCE}{_META}ObjectMeta"}]}
    properties = {**(version.schema.get("properties") or {}), "metadata": meta}
    components[name] = {**version.schema, "properties": properties, "x-kubernetes-group-version-kind": kinds}
    return name


def _close(components: dict[str, Any]) -> None:
    """Add every built-in schema that `components` refer to."""
    waiting = [reference for schema in components.values() for reference in _references(schema)]
    while waiting:
        name = waiting.pop()
        if name in components or name not in tables.schemas():
            continue
        components[name] = tables.schemas()[name]
        waiting.extend(_references(components[name]))


def _references(schema: Any) -> Iterator[str]:
    stack = [schema]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                yield reference.removeprefix(_REFERENCE)
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def _paths(of: ResourceType, component: str) -> dict[str, Any]:
    base = "/" + _path(of.group, of.version)
    collection = f"{base}/namespaces/{{namespace}}/{of.plural}" if of.namespaced else f"{base}/{of.plural}"
    paths: dict[str, Any] = {}
    if "list" in of.verbs or "create" in of.verbs:
        actions = {"get": "list", "post": "create", "delete": "deletecollection"}
        paths[collection] = _operations(of, component, actions)
    if "get" in of.verbs:
        actions = {"get": "get", "put": "update", "patch": "patch", "delete": "delete"}
        paths[f"{collection}/{{name}}"] = _operations(of, component, actions)
    return paths


def _operations(of: ResourceType, component: str, actions: dict[str, str]) -> dict[str, Any]:
    patches = _PATCHES if not of.definition else tuple(one for one in _PATCHES if one != _STRATEGIC)
    return {
        method: _operation(of.gvk, component, method, action, patches)
        for method, action in actions.items()
        if action in of.verbs
    }


def _operation(
    gvk: GroupVersionKind, component: str, method: str, action: str, patches: tuple[str, ...]
) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE + component} if component else {"type": "object"}
    operation: dict[str, Any] = {
        "operationId": f"{action}{gvk.group.title().replace('.', '')}{gvk.version.title()}{gvk.kind}",
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {"group": gvk.group, "version": gvk.version, "kind": gvk.kind},
    }
    if method in ("post", "put", "patch"):
        operation["parameters"] = [_option(name) for name in _WRITE_OPTIONS]
        body = {"type": "object"} if method == "patch" else schema
        types = patches if method == "patch" else ("application/json",)
        operation["requestBody"] = {"content": {media: {"schema": body} for media in types}, "required": True}
    return operation


def _option(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
