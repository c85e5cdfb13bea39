"""HorizontalPodAutoscaler (Argo CD: B13). Version 1 keeps its conditions in an annotation."""

from __future__ import annotations

from typing import Any

import orjson

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest

V1_CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
_METRICS = ("Resource", "Object", "Pods", "External")
DEGRADED = {
    "AbleToScale": frozenset({"FailedGetScale", "FailedUpdateScale"}),
    "ScalingActive": frozenset(
        {"FailedComputeMetricsReplicas", "InvalidSelector", *(f"FailedGet{one}Metric" for one in _METRICS)}
    ),
}


def assess(live: Manifest) -> Verdict:
    found = _conditions(live)
    for condition in found:
        if condition.get("reason") in DEGRADED.get(str(condition.get("type")), ()):
            return Verdict(Health.DEGRADED, conditions.message(condition))
    for condition in found:
        if condition.get("type") in ("AbleToScale", "ScalingLimited") and condition.get("status") == "True":
            return Verdict(Health.HEALTHY, conditions.message(condition))
    return Verdict(Health.PROGRESSING, "Waiting to Autoscale")


def _conditions(live: Manifest) -> list[dict[str, Any]]:
    if manifests.gvk(live).version == "v1":
        found = orjson.loads(manifests.annotations(live).get(V1_CONDITIONS) or "[]")
    else:
        found = manifests.get(live, "status", "conditions", default=[])
    return [one for one in found if isinstance(one, dict)]
