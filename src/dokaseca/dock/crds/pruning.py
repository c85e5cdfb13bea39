"""Custom objects by their structural schema: unknown fields dropped, defaults filled in.

Follows apiextensions-apiserver/pkg/apiserver/schema/{pruning,defaulting}.
"""

from __future__ import annotations

import copy
from typing import Any

_META = ("apiVersion", "kind", "metadata")


def prune(value: Any, schema: dict[str, Any], *, is_root: bool = True, path: str = "") -> list[str]:
    """Drop from `value`, in place, what `schema` does not declare; the paths of what was dropped.

    The root and embedded resources keep apiVersion, kind and metadata whatever the schema says.
    """
    dropped: list[str] = []
    _prune(value, schema, is_root, path, dropped)
    return dropped


def _prune(value: Any, schema: dict[str, Any], is_resource: bool, path: str, dropped: list[str]) -> None:
    if isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, dict):
            for index, item in enumerate(value):
                _prune(item, items, bool(items.get("x-kubernetes-embedded-resource")), f"{path}[{index}]", dropped)
        return
    if not isinstance(value, dict):
        return
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    keeps = bool(schema.get("x-kubernetes-preserve-unknown-fields")) or additional is True
    for key in list(value):
        below = f"{path}.{key}" if path else key
        if is_resource and key in _META:
            continue
        if key in properties:
            found = properties[key]
            _prune(value[key], found, bool(found.get("x-kubernetes-embedded-resource")), below, dropped)
        elif isinstance(additional, dict):
            is_embedded = bool(additional.get("x-kubernetes-embedded-resource"))
            _prune(value[key], additional, is_embedded, below, dropped)
        elif not keeps:
            dropped.append(below)
            del value[key]


def default(value: Any, schema: dict[str, Any]) -> None:
    """Fill `schema`'s defaults into `value` in place, where the parent is there; nulls that may not be go first."""
    if isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, dict):
            for item in value:
                default(item, items)
        return
    if not isinstance(value, dict):
        return
    properties = schema.get("properties") or {}
    for key, found in properties.items():
        if key in value and value[key] is None and not found.get("nullable"):
            del value[key]
        if key not in value and "default" in found:
            value[key] = copy.deepcopy(found["default"])
        if key in value:
            default(value[key], found)
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        for key, item in value.items():
            if key not in properties:
                default(item, additional)
