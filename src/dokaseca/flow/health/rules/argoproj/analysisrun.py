"""Argo Rollouts' AnalysisRun, by phase."""

from __future__ import annotations

from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest

_PHASES = {
    "": Health.PROGRESSING,
    "Pending": Health.PROGRESSING,
    "Running": Health.PROGRESSING,
    "Successful": Health.HEALTHY,
    "Failed": Health.DEGRADED,
    "Error": Health.DEGRADED,
}


def assess(live: Manifest) -> Verdict:
    phase = manifests.get(live, "status", "phase", default="")
    return Verdict(_PHASES.get(phase, Health.UNKNOWN), str(manifests.get(live, "status", "message", default="")))
