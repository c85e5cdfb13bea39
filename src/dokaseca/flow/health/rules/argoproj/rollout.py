"""Argo Rollouts' Rollout, by phase."""

from __future__ import annotations

from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest

_PHASES = {
    "Healthy": Health.HEALTHY,
    "Degraded": Health.DEGRADED,
    "Paused": Health.SUSPENDED,
    "Progressing": Health.PROGRESSING,
}


def assess(live: Manifest) -> Verdict:
    phase = manifests.get(live, "status", "phase", default="")
    return Verdict(_PHASES.get(phase, Health.PROGRESSING), str(manifests.get(live, "status", "message", default="")))
