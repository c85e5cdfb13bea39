"""PersistentVolumeClaim (Argo CD: B13)."""

from __future__ import annotations

from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest

_PHASES = {"Lost": Health.DEGRADED, "Pending": Health.PROGRESSING, "Bound": Health.HEALTHY}


def assess(live: Manifest) -> Verdict:
    phase = manifests.get(live, "status", "phase", default="")
    return Verdict(
        _PHASES.get(phase, Health.UNKNOWN), "" if phase == "Bound" else f"claim is {phase or 'without a phase'}"
    )
