"""Cluster API Cluster: provisioned, and ready where it says so."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    phase = manifests.get(live, "status", "phase", default="Pending")
    if phase == "Failed":
        return Verdict(Health.DEGRADED, conditions.message(conditions.find_or_none(live, "Ready")) or "cluster failed")
    ready = conditions.find_or_none(live, "Ready")
    if phase == "Provisioned" and (ready is None or ready.get("status") == "True"):
        return Verdict(Health.HEALTHY)
    return Verdict(Health.PROGRESSING, conditions.message(ready) or f"cluster is {phase}")
