"""ReplicaSet (Argo CD: B13)."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    if conditions.is_behind(live):
        return Verdict(
            Health.PROGRESSING, "Waiting for rollout to finish: observed replica set generation less than desired"
        )
    if conditions.is_true(live, "ReplicaFailure"):
        return Verdict(Health.DEGRADED, conditions.message(conditions.find_or_none(live, "ReplicaFailure")))
    wanted = conditions.number(live, "spec", "replicas", default=1)
    available = conditions.number(live, "status", "availableReplicas")
    if available < wanted:
        return Verdict(
            Health.PROGRESSING, f"{available} of {manifests.name(live)}'s {wanted} replicas are available..."
        )
    return Verdict(Health.HEALTHY)
