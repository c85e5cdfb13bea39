"""HorizontalPodAutoscalers: targets follow their load within the bounds; the load is what an annotation says it is.

Without the annotation the load is said to be as wished.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

from dokaseca.dock.simulator import conditions, kinds, plan
from dokaseca.dock.simulator.options import UTILIZATION
from dokaseca.dock.simulator.plan import Patch, Plan, Tell, Write
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

_TARGETS: Final = {one.kind: one for one in (kinds.DEPLOYMENT, kinds.STATEFUL_SET, kinds.REPLICA_SET)}
_COMPONENT: Final = "horizontal-pod-autoscaler"
_NO_SCALE: Final = "the HPA controller was unable to get the target's current scale"
_METRIC: Final = "cpu resource utilization (percentage of request)"
# The defaults of kube-controller-manager and of autoscaling/v2's behaviour.
_TOLERANCE: Final = 0.1
_WISHED: Final = 80  # percent
_STEP_PODS: Final = 4  # a step up adds these, or doubles, each ...
_STEP_SECONDS: Final = 15.0
_CALM_SECONDS: Final = 300.0  # since the last change, before a step down


class Decision(NamedTuple):
    """How many replicas, and what the conditions say about it."""

    size: int
    reason: str = ""
    able: tuple[str, str] = ("ReadyForNewScale", "recommended size matches current size")
    limited: tuple[bool, str, str] = (False, "DesiredWithinRange", "the desired count is within the acceptable range")
    again_after_seconds: float | None = None


def reconcile(autoscaler: Manifest, context: Context) -> Plan:
    """Scale the target as its load asks for, into [minReplicas, maxReplicas], and report."""
    if manifests.is_deleting(autoscaler):
        return plan.NOTHING
    target = _target(autoscaler, context)
    if target is None:
        wanted = [conditions.condition("AbleToScale", False, "FailedGetScale", _NO_SCALE)]
        told = Tell(autoscaler, "FailedGetScale", _NO_SCALE, _COMPONENT, "Warning")
        status = _status(autoscaler, wanted, context, Decision(0), 0)
        return Plan((told, *status) if status else ())
    current = int(manifests.get(target, "spec", "replicas", default=1))
    if not current:
        message = "scaling is disabled since the replica count of the target is zero"
        wanted = [
            conditions.condition(
                "AbleToScale",
                True,
                "SucceededGetScale",
                "the HPA controller was able to get the target's current scale",
            ),
            conditions.condition("ScalingActive", False, "ScalingDisabled", message),
        ]
        return Plan(_status(autoscaler, wanted, context, Decision(0), 0))
    found = _decide(autoscaler, current, context)
    writes: list[Write] = []
    if found.size != current:
        message = f"New size: {found.size}; reason: {found.reason}"
        writes = [
            Patch(target, {"spec": {"replicas": found.size}}),
            Tell(autoscaler, "SuccessfulRescale", message, _COMPONENT),
        ]
    wanted = [
        conditions.condition("AbleToScale", True, *found.able),
        conditions.condition(
            "ScalingActive",
            True,
            "ValidMetricFound",
            f"the HPA was able to successfully calculate a replica count from {_METRIC}",
        ),
        conditions.condition("ScalingLimited", *found.limited),
    ]
    return Plan((*writes, *_status(autoscaler, wanted, context, found, current)), found.again_after_seconds)


def scales(autoscaler: Manifest, kind: str, name: str) -> bool:
    """Whether the autoscaler's target is the object of this kind and name in its namespace."""
    reference = manifests.get(autoscaler, "spec", "scaleTargetRef", default={})
    return bool(reference.get("kind") == kind and reference.get("name") == name)


def utilization_or_none(autoscaler: Manifest) -> int | None:
    """The load that the annotation asks for, in percent of the request; None for none, or none that is a number."""
    text = manifests.annotations(autoscaler).get(UTILIZATION, "")
    return min(int(text), 100_000) if text.isdecimal() and len(text) < 10 else None


def _decide(autoscaler: Manifest, current: int, context: Context) -> Decision:
    spec = manifests.get(autoscaler, "spec", default={})
    low, high = int(spec.get("minReplicas", 1)), int(spec.get("maxReplicas", 1))
    if current < low:
        return _resized(low, "Current number of replicas below Spec.MinReplicas")
    if current > high:
        return _resized(high, "Current number of replicas above Spec.MaxReplicas")
    wished = _wished(autoscaler)
    used = utilization_or_none(autoscaler)
    ratio = (wished if used is None else used) / wished
    asked = current if abs(ratio - 1) <= _TOLERANCE else math.ceil(current * ratio)
    if asked < current:
        left = _CALM_SECONDS - context.since_seconds(
            str(manifests.get(autoscaler, "status", "lastScaleTime", default=""))
        )
        if left > 0:
            message = "recent recommendations were higher than current one, applying the highest recent recommendation"
            return Decision(current, able=("ScaleDownStabilized", message), again_after_seconds=left)
        size = max(asked, low)
        return Decision(current) if size == current else _resized(size, "All metrics below target", asked, low, high)
    if asked > current:
        size = min(asked, high, max(current + _STEP_PODS, current * 2))
        limited = _limited(asked, low, high)
        if size == current:
            return Decision(current, limited=limited)
        return _resized(size, f"{_METRIC} above target", asked, low, high)
    return Decision(current)


def _resized(size: int, reason: str, asked: int = 0, low: int = 0, high: int = 0) -> Decision:
    able = ("SucceededRescale", f"the HPA controller was able to update the target scale to {size}")
    limited = _limited(asked, low, high) if asked else Decision(0).limited
    return Decision(size, reason, able, limited, _STEP_SECONDS)


def _limited(asked: int, low: int, high: int) -> tuple[bool, str, str]:
    if asked > high:
        return True, "TooManyReplicas", "the desired replica count is more than the maximum replica count"
    if asked < low:
        return True, "TooFewReplicas", "the desired replica count is less than the minimum replica count"
    return Decision(0).limited


def _wished(autoscaler: Manifest) -> int:
    """The utilization that the first metric by resource wishes for, in percent."""
    for metric in manifests.get(autoscaler, "spec", "metrics", default=[]):
        found = manifests.get(metric, "resource", "target", "averageUtilization")
        if found:
            return int(found)
    return _WISHED


def _target(autoscaler: Manifest, context: Context) -> Manifest | None:
    reference = manifests.get(autoscaler, "spec", "scaleTargetRef", default={})
    kind: GroupVersionKind | None = _TARGETS.get(str(reference.get("kind")))
    if kind is None:
        return None
    return context.seen.get_or_none(kind, manifests.namespace(autoscaler), str(reference.get("name")))


def _status(
    autoscaler: Manifest, wanted: list[dict[str, Any]], context: Context, decision: Decision, current: int
) -> tuple[Write, ...]:
    old = manifests.get(autoscaler, "status", default={})
    status: dict[str, Any] = {
        "currentReplicas": current,
        "desiredReplicas": decision.size,
        "conditions": conditions.merged(old.get("conditions"), wanted, context.time),
    }
    if decision.reason:
        status["lastScaleTime"] = context.time
    elif "lastScaleTime" in old:
        status["lastScaleTime"] = old["lastScaleTime"]
    used = utilization_or_none(autoscaler)
    if used is not None and current:
        usage = {"averageUtilization": used, "averageValue": f"{used}m"}
        status["currentMetrics"] = [{"type": "Resource", "resource": {"name": "cpu", "current": usage}}]
    return plan.status(autoscaler, status)
