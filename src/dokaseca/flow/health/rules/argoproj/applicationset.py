"""ApplicationSet as a managed object, by its conditions (A6)."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    error = conditions.find_or_none(live, "ErrorOccurred")
    if error is not None and error.get("status") == "True":
        return Verdict(Health.DEGRADED, conditions.message(error))
    rollout = conditions.find_or_none(live, "RolloutProgressing")
    if rollout is not None and rollout.get("status") == "True":
        return Verdict(Health.PROGRESSING, conditions.message(rollout))
    current = conditions.find_or_none(live, "ResourcesUpToDate")
    if current is None:
        return Verdict(Health.PROGRESSING, "waiting for the ApplicationSet to be reconciled")
    if current.get("status") == "True":
        return Verdict(Health.HEALTHY)
    return Verdict(Health.DEGRADED, conditions.message(current))
