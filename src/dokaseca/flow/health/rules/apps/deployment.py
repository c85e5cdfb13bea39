"""Deployment (Argo CD: B13)."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    if manifests.get(live, "spec", "paused"):
        return Verdict(Health.SUSPENDED, "Deployment is paused")
    if conditions.is_behind(live):
        return Verdict(
            Health.PROGRESSING, "Waiting for rollout to finish: observed deployment generation less than desired"
        )
    progressing = conditions.find_or_none(live, "Progressing")
    if progressing is not None and progressing.get("reason") == "ProgressDeadlineExceeded":
        return Verdict(Health.DEGRADED, f"Deployment {manifests.name(live)!r} exceeded its progress deadline")
    wanted = conditions.number(live, "spec", "replicas", default=1)
    total = conditions.number(live, "status", "replicas")
    updated = conditions.number(live, "status", "updatedReplicas")
    available = conditions.number(live, "status", "availableReplicas")
    waiting = "Waiting for rollout to finish: "
    if updated < wanted:
        return Verdict(Health.PROGRESSING, f"{waiting}{updated} out of {wanted} new replicas have been updated...")
    if total > updated:
        return Verdict(Health.PROGRESSING, f"{waiting}{total - updated} old replicas are pending termination...")
    if available < updated:
        return Verdict(Health.PROGRESSING, f"{waiting}{available} of {updated} updated replicas are available...")
    return Verdict(Health.HEALTHY)
