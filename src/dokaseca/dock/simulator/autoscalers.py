"""HorizontalPodAutoscalers: targets are kept within the bounds; load is said to be as wished."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.simulator import conditions, kinds, plan
from dokaseca.dock.simulator.plan import Patch, Plan, Write
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

_TARGETS = {one.kind: one for one in (kinds.DEPLOYMENT, kinds.STATEFUL_SET, kinds.REPLICA_SET)}


def reconcile(autoscaler: Manifest, context: Context) -> Plan:
    """Scale the target into [minReplicas, maxReplicas] and report."""
    if manifests.is_deleting(autoscaler):
        return plan.NOTHING
    spec = manifests.get(autoscaler, "spec", default={})
    target = _target(autoscaler, context)
    if target is None:
        message = "the HPA controller was unable to get the target's current scale"
        return Plan(
            _status(autoscaler, [conditions.condition("AbleToScale", False, "FailedGetScale", message)], context)
        )
    current = int(manifests.get(target, "spec", "replicas", default=1))
    low, high = int(spec.get("minReplicas", 1)), int(spec.get("maxReplicas", 1))
    desired = current if current == 0 else min(max(current, low), high)
    writes: tuple[Write, ...] = () if desired == current else (Patch(target, {"spec": {"replicas": desired}}),)
    wanted = [
        conditions.condition("AbleToScale", True, "ReadyForNewScale", "recommended size matches current size"),
        conditions.condition(
            "ScalingActive", True, "ValidMetricFound", "the HPA was able to compute the replica count"
        ),
        conditions.condition("ScalingLimited", False, "DesiredWithinRange", "the desired count is within the range"),
    ]
    return Plan((*writes, *_status(autoscaler, wanted, context, current, desired)))


def scales(autoscaler: Manifest, kind: str, name: str) -> bool:
    """Whether the autoscaler's target is the object of this kind and name in its namespace."""
    reference = manifests.get(autoscaler, "spec", "scaleTargetRef", default={})
    return bool(reference.get("kind") == kind and reference.get("name") == name)


def _target(autoscaler: Manifest, context: Context) -> Manifest | None:
    reference = manifests.get(autoscaler, "spec", "scaleTargetRef", default={})
    kind: GroupVersionKind | None = _TARGETS.get(str(reference.get("kind")))
    if kind is None:
        return None
    return context.seen.get_or_none(kind, manifests.namespace(autoscaler), str(reference.get("name")))


def _status(
    autoscaler: Manifest, wanted: list[dict[str, Any]], context: Context, current: int = 0, desired: int = 0
) -> tuple[Write, ...]:
    old = manifests.get(autoscaler, "status", "conditions")
    status = {
        "currentReplicas": current,
        "desiredReplicas": desired,
        "conditions": conditions.merged(old, wanted, context.time),
    }
    return plan.status(autoscaler, status)
