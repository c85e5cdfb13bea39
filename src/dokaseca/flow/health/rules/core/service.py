"""Service (Argo CD: B13)."""

from __future__ import annotations

from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    is_balancer = manifests.get(live, "spec", "type") == "LoadBalancer"
    if is_balancer and not manifests.get(live, "status", "loadBalancer", "ingress"):
        return Verdict(Health.PROGRESSING, "waiting for an address of the load balancer")
    return Verdict(Health.HEALTHY)
