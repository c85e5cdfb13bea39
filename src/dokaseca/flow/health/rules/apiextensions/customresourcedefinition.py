"""CustomResourceDefinition: established, with its names accepted."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    for kind in ("NamesAccepted", "Established"):
        condition = conditions.find_or_none(live, kind)
        if condition is not None and condition.get("status") == "False":
            reason = condition.get("reason")
            status = Health.PROGRESSING if reason in ("NotAccepted", "Installing", None) else Health.DEGRADED
            return Verdict(status, conditions.message(condition))
    if conditions.is_true(live, "Established"):
        return Verdict(Health.HEALTHY)
    return Verdict(Health.PROGRESSING, f"waiting for {manifests.name(live)} to be established")
