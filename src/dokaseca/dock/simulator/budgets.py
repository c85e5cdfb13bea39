"""PodDisruptionBudgets: how many Pods may go at once."""

from __future__ import annotations

from typing import Any

from dokaseca.dock import selectors
from dokaseca.dock.simulator import conditions, kinds, plan, pod_state, rollout
from dokaseca.dock.simulator.plan import Plan
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def reconcile(budget: Manifest, context: Context) -> Plan:
    """Count the selected Pods against what must stay healthy."""
    if manifests.is_deleting(budget):
        return plan.NOTHING
    pods = [pod for pod in context.seen.within(kinds.POD, manifests.namespace(budget)) if selects(budget, pod)]
    pods = [pod for pod in pods if pod_state.is_active(pod)]
    healthy = sum(map(pod_state.is_ready, pods))
    needed = _needed(manifests.get(budget, "spec", default={}), len(pods))
    allowed = max(0, healthy - needed)
    reason = "SufficientPods" if allowed else "InsufficientPods"
    generation = manifests.metadata(budget).get("generation", 1)
    wanted = {**conditions.condition("DisruptionAllowed", bool(allowed), reason), "message": ""}
    old = manifests.get(budget, "status", "conditions")
    status = {
        "observedGeneration": generation,
        "expectedPods": len(pods),
        "currentHealthy": healthy,
        "desiredHealthy": needed,
        "disruptionsAllowed": allowed,
        "conditions": [
            {**one, "observedGeneration": generation} for one in conditions.merged(old, [wanted], context.time)
        ],
    }
    return Plan(plan.status(budget, status))


def selects(budget: Manifest, pod: Manifest) -> bool:
    """Whether the budget counts the Pod; an empty selector counts all of the namespace."""
    selector = manifests.get(budget, "spec", "selector")
    return selector is not None and selectors.matches(selectors.from_document(selector), manifests.labels(pod))


def _needed(spec: dict[str, Any], expected: int) -> int:
    if "maxUnavailable" in spec:
        return max(0, expected - rollout.amount(spec["maxUnavailable"], expected, round_up=True))
    return rollout.amount(spec.get("minAvailable", 1), expected, round_up=True)
