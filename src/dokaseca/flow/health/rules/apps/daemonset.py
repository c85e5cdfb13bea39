"""DaemonSet (Argo CD: B13)."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    if conditions.is_behind(live):
        return Verdict(
            Health.PROGRESSING, "Waiting for rollout to finish: observed daemon set generation less than desired"
        )
    if manifests.get(live, "spec", "updateStrategy", "type") == "OnDelete":
        return Verdict(Health.HEALTHY)
    wanted = conditions.number(live, "status", "desiredNumberScheduled")
    updated = conditions.number(live, "status", "updatedNumberScheduled")
    available = conditions.number(live, "status", "numberAvailable")
    if updated < wanted:
        return Verdict(Health.PROGRESSING, f"{updated} out of {wanted} new pods have been updated...")
    if available < wanted:
        return Verdict(Health.PROGRESSING, f"{available} of {wanted} updated pods are available...")
    return Verdict(Health.HEALTHY)
