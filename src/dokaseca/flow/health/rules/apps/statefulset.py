"""StatefulSet (Argo CD: B13)."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    if not manifests.get(live, "status", "observedGeneration") or conditions.is_behind(live):
        return Verdict(Health.PROGRESSING, "Waiting for statefulset spec update to be observed...")
    wanted = conditions.number(live, "spec", "replicas", default=1)
    ready = conditions.number(live, "status", "readyReplicas")
    updated = conditions.number(live, "status", "updatedReplicas")
    if ready < wanted:
        return Verdict(Health.PROGRESSING, f"Waiting for {wanted - ready} pods to be ready...")
    strategy = manifests.get(live, "spec", "updateStrategy", default={})
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") in (None, "RollingUpdate") and rolling is not None:
        partition = rolling.get("partition")  # the server defaults it; without one Argo CD does not look further
        if partition is not None and updated < wanted - partition:
            return Verdict(Health.PROGRESSING, f"{updated} out of {wanted - partition} new pods have been updated...")
        return Verdict(Health.HEALTHY)
    if strategy.get("type") == "OnDelete":
        return Verdict(Health.HEALTHY)
    if manifests.get(live, "status", "updateRevision") != manifests.get(live, "status", "currentRevision"):
        return Verdict(
            Health.PROGRESSING, f"waiting for statefulset rolling update: {updated} pods at the new revision"
        )
    return Verdict(Health.HEALTHY)
