"""Two forms of one Application spec compare equal: Argo CD's NormalizeApplicationSpec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_POLICY_FIELDS = ("automated", "syncOptions", "retry", "managedNamespaceMetadata")
_TOOL_BLOCKS = ("helm", "kustomize", "directory")


def normalized(spec: Mapping[str, Any]) -> dict[str, Any]:
    """`spec` with the default project, without an empty syncPolicy, without zero-valued tool blocks.

    `automated: {}` survives: it means "on". A `directory` block that sets nothing but false is zero.
    """
    result = dict(spec)
    result["project"] = result.get("project") or "default"
    policy = result.get("syncPolicy")
    if isinstance(policy, dict):
        kept = {name: value for name, value in policy.items() if _is_set(name, value)}
        if any(name in kept for name in _POLICY_FIELDS):
            result["syncPolicy"] = kept
        else:
            del result["syncPolicy"]
    elif policy is None:
        result.pop("syncPolicy", None)
    if isinstance(result.get("source"), dict):
        result["source"] = _source(result["source"])
    if isinstance(result.get("sources"), list):
        result["sources"] = [_source(item) if isinstance(item, dict) else item for item in result["sources"]]
    return {name: value for name, value in result.items() if value not in (None, [])}


def _is_set(name: str, value: Any) -> bool:
    return value is not None if name == "automated" else bool(value)


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in source.items() if name not in _TOOL_BLOCKS or not _is_zero(value)}


def _is_zero(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_zero, value.values()))
    return value in (None, False, "", 0, [])
