"""APIServices: aggregated APIs are said to answer."""

from __future__ import annotations

from dokaseca.dock.simulator import conditions, plan
from dokaseca.dock.simulator.plan import Plan
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def reconcile(service: Manifest, context: Context) -> Plan:
    """Report it available, with the reasons that the aggregator gives."""
    if manifests.is_deleting(service):
        return plan.NOTHING
    if manifests.get(service, "spec", "service"):
        wanted = conditions.condition("Available", True, "Passed", "all checks passed")
    else:
        wanted = conditions.condition("Available", True, "Local", "Local APIServices are always available")
    old = manifests.get(service, "status", "conditions")
    return Plan(plan.status(service, {"conditions": conditions.merged(old, [wanted], context.time)}))
