"""HorizontalPodAutoscaler v2 (Argo CD: B13)."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest

_METRICS = ("Resource", "Object", "Pods", "External")
DEGRADED = {
    "AbleToScale": frozenset({"FailedGetScale", "FailedUpdateScale"}),
    "ScalingActive": frozenset(
        {"FailedComputeMetricsReplicas", "InvalidSelector", *(f"FailedGet{one}Metric" for one in _METRICS)}
    ),
}


def assess(live: Manifest) -> Verdict:
    found = manifests.get(live, "status", "conditions", default=[])
    for condition in found:
        if condition.get("status") == "False" and condition.get("reason") in DEGRADED.get(condition.get("type"), ()):
            return Verdict(Health.DEGRADED, conditions.message(condition))
    if conditions.is_true(live, "AbleToScale") or conditions.is_true(live, "ScalingLimited"):
        return Verdict(Health.HEALTHY)
    return Verdict(Health.PROGRESSING, "waiting to autoscale")
