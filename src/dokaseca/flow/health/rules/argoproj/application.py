"""A child Application: the health that its own status tells (the customisation that Argo CD documents)."""

from __future__ import annotations

from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    told = manifests.get(live, "status", "health", default={})
    status = told.get("status")
    if not status:
        return Verdict(Health.PROGRESSING, "")
    return Verdict(Health(status) if status in list(Health) else Health.UNKNOWN, str(told.get("message") or ""))
