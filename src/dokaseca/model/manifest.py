"""A Kubernetes object as the JSON value it is, and the few questions that everybody asks it.

A manifest is a plain dict. By convention it is immutable once the function that made it has returned: whoever wants
to change one copies the path that changes.
"""

from typing import Any, TypeAlias

from dokaseca.model.identity import GroupVersionKind, ObjectKey

Manifest: TypeAlias = dict[str, Any]


def gvk(manifest: Manifest) -> GroupVersionKind:
    """Group, version and kind as written; missing parts are empty strings."""
    group, _, version = str(manifest.get("apiVersion") or "").rpartition("/")
    return GroupVersionKind(group, version, str(manifest.get("kind") or ""))


def key(manifest: Manifest) -> ObjectKey:
    """The object's key, with the namespace as written (empty when it has none)."""
    group, _, kind = gvk(manifest)
    return ObjectKey(group, kind, namespace(manifest), name(manifest))


def metadata(manifest: Manifest) -> dict[str, Any]:
    """`metadata`, or an empty mapping."""
    value = manifest.get("metadata")
    return value if isinstance(value, dict) else {}


def name(manifest: Manifest) -> str:
    return str(metadata(manifest).get("name") or "")


def namespace(manifest: Manifest) -> str:
    return str(metadata(manifest).get("namespace") or "")


def labels(manifest: Manifest) -> dict[str, str]:
    value = metadata(manifest).get("labels")
    return value if isinstance(value, dict) else {}


def annotations(manifest: Manifest) -> dict[str, str]:
    value = metadata(manifest).get("annotations")
    return value if isinstance(value, dict) else {}


def uid(manifest: Manifest) -> str:
    return str(metadata(manifest).get("uid") or "")


def resource_version(manifest: Manifest) -> str:
    return str(metadata(manifest).get("resourceVersion") or "")


def is_deleting(manifest: Manifest) -> bool:
    """Whether the object has been asked to go and waits for its finalizers."""
    return bool(metadata(manifest).get("deletionTimestamp"))


def get(manifest: Any, *path: str | int, default: Any = None) -> Any:
    """The value at `path` (keys and indexes), or `default` where any step is missing or of the wrong type."""
    value = manifest
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return default
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return default
    return default if value is None else value
