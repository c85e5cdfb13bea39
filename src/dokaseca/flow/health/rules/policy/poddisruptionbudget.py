"""PodDisruptionBudget: too few pods is how it works, not a fault."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    for condition in manifests.get(live, "status", "conditions", default=[]):
        if condition.get("status") == "False" and condition.get("reason") != "InsufficientPods":
            return Verdict(Health.DEGRADED, conditions.message(condition))
    return Verdict(Health.HEALTHY)
