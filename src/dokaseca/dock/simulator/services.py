"""Services of type LoadBalancer: an address from a pool."""

from __future__ import annotations

from dokaseca.dock.simulator import plan
from dokaseca.dock.simulator.plan import Plan
from dokaseca.dock.simulator.seen import Context
from dokaseca.kit import digest
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_POOL = "198.51.100"  # TEST-NET-2 (RFC 5737): no machine answers there


def reconcile(service: Manifest, context: Context) -> Plan:
    """Give a load balancer its address; take it away from what is none any more."""
    del context
    if manifests.is_deleting(service):
        return plan.NOTHING
    if manifests.get(service, "spec", "type") != "LoadBalancer":
        holds = manifests.get(service, "status", "loadBalancer", "ingress")
        return Plan(plan.status(service, {"loadBalancer": {}}) if holds else ())
    ip = str(manifests.get(service, "spec", "loadBalancerIP", default="")) or address_of(manifests.uid(service))
    wanted = {**(service.get("status") or {}), "loadBalancer": {"ingress": [{"ip": ip, "ipMode": "VIP"}]}}
    return Plan(plan.status(service, wanted))


def address_of(uid: str) -> str:
    """An address of the pool made of a uid: the same after a restart. Two objects may share one, as Ingresses do."""
    return f"{_POOL}.{1 + int(digest.of_bytes(uid.encode())[:6], 16) % 254}"
