"""Status conditions: set one, keep its transition time while its status stays."""

from __future__ import annotations

from typing import Any


def condition(kind: str, status: bool, reason: str = "", message: str = "") -> dict[str, Any]:
    """A condition without times."""
    made = {"type": kind, "status": "True" if status else "False"}
    if reason:
        made["reason"] = reason
    if message:
        made["message"] = message
    return made


def merged(old: Any, wanted: list[dict[str, Any]], time: str) -> list[dict[str, Any]]:
    """`wanted` with `lastTransitionTime`: the old one where the status is the same, else `time`."""
    before = by_type(old)
    result = []
    for one in wanted:
        was = before.get(one["type"])
        same = was is not None and was.get("status") == one["status"]
        result.append({**one, "lastTransitionTime": (was or {}).get("lastTransitionTime", time) if same else time})
    return result


def by_type(conditions: Any) -> dict[str, dict[str, Any]]:
    """Conditions of a status by their type."""
    return {str(one.get("type")): one for one in conditions or () if isinstance(one, dict)}


def is_true(conditions: Any, kind: str) -> bool:
    """Whether the condition is there and True."""
    return by_type(conditions).get(kind, {}).get("status") == "True"
