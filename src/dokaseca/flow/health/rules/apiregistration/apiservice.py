"""APIService (Argo CD: B13)."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    if conditions.is_true(live, "Available"):
        return Verdict(Health.HEALTHY)
    return Verdict(Health.PROGRESSING, conditions.message(conditions.find_or_none(live, "Available")))
