"""Questions that many rules ask. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def find_or_none(live: Manifest, kind: str) -> dict[str, Any] | None:
    """The condition of that type in `status.conditions`."""
    for condition in manifests.get(live, "status", "conditions", default=[]):
        if isinstance(condition, dict) and condition.get("type") == kind:
            return condition
    return None


def message(condition: dict[str, Any] | None) -> str:
    return str((condition or {}).get("message") or "")


def is_true(live: Manifest, kind: str) -> bool:
    condition = find_or_none(live, kind)
    return condition is not None and condition.get("status") == "True"


def is_behind(live: Manifest) -> bool:
    """Whether the controller has not yet seen the newest spec."""
    generation = manifests.get(live, "metadata", "generation", default=0)
    return int(manifests.get(live, "status", "observedGeneration", default=0)) < int(generation)


def number(live: Manifest, *path: str, default: int = 0) -> int:
    value = manifests.get(live, *path, default=default)
    return int(value) if isinstance(value, (int, float)) else default


def by_ready(live: Manifest, *, kind: str = "Ready", progressing: Iterable[str] = ()) -> Verdict:
    """The rule of most operators: condition True is healthy, False degraded unless its reason says it is under way."""
    condition = find_or_none(live, kind)
    if condition is None:
        return Verdict(Health.PROGRESSING, f"waiting for condition {kind}")
    if condition.get("status") == "True":
        return Verdict(Health.HEALTHY, message(condition))
    if condition.get("status") == "False" and condition.get("reason") not in tuple(progressing):
        return Verdict(Health.DEGRADED, message(condition))
    return Verdict(Health.PROGRESSING, message(condition))
