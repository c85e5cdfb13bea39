"""Ingresses: the address of the controller that would serve them."""

from __future__ import annotations

from dokaseca.dock.simulator import plan, services
from dokaseca.dock.simulator.plan import Plan
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def reconcile(ingress: Manifest, context: Context) -> Plan:
    """One address for all Ingresses of a class."""
    del context
    if manifests.is_deleting(ingress):
        return plan.NOTHING
    name = str(manifests.get(ingress, "spec", "ingressClassName", default=""))
    return Plan(plan.status(ingress, {"loadBalancer": {"ingress": [{"ip": services.address_of(f"ingress/{name}")}]}}))
