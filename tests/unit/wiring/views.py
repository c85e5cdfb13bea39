"""What a hub holds, as plain values."""

from __future__ import annotations

from typing import Any

from dokaseca.bridge import secret
from dokaseca.model.manifest import Manifest
from dokaseca.wiring.overview import Snapshot


def application(
    name: str,
    sync: str = "Synced",
    health: str = "Healthy",
    *,
    project: str = "default",
    cluster: str = "hub",
    **more: Any,
) -> Manifest:
    """`status` parts and `destination` on request."""
    destination = more.pop("destination", {"name": cluster})
    owner = more.pop("owner", "")
    return {
        "kind": "Application",
        "metadata": {
            "name": name,
            **({"ownerReferences": [{"kind": "ApplicationSet", "name": owner}]} if owner else {}),
        },
        "spec": {"project": project, "destination": destination},
        "status": {"sync": {"status": sync}, "health": {"status": health, **more.pop("said", {})}, **more},
    }


def application_set(name: str = "addons", **conditions: Any) -> Manifest:
    """Each condition by its status, or (status, message)."""
    pairs = {kind: one if isinstance(one, tuple) else (one, "") for kind, one in conditions.items()}
    found = [{"type": kind, "status": status, "message": message} for kind, (status, message) in pairs.items()]
    return {"kind": "ApplicationSet", "metadata": {"name": name}, "status": {"conditions": found}}


def cluster(name: str = "dev", phase: str | None = "Provisioned", message: str = "") -> Manifest:
    conditions = [{"type": "InfrastructureReady", "message": "other"}, {"type": "Ready", "message": message}]
    status = {} if phase is None else {"phase": phase, "conditions": conditions}
    return {"kind": "Cluster", "metadata": {"name": name}, "status": status}


HUB = secret.cluster_secret("hub", environment="control-plane")
DEV = secret.cluster_secret("dev", environment="dev", server="https://dev.test")
GENERATED = application_set(ErrorOccurred="False", ResourcesUpToDate="True")


def snapshot(
    *applications: Manifest,
    sets: list[Manifest] | None = None,
    clusters: list[Manifest] | None = None,
    secrets: list[Manifest] | None = None,
) -> Snapshot:
    """A hub that is bridged and has registered itself, unless said otherwise."""
    return Snapshot(
        applications=applications,
        application_sets=[GENERATED] if sets is None else sets,
        clusters=clusters or [],
        cluster_secrets=[HUB] if secrets is None else secrets,
    )
