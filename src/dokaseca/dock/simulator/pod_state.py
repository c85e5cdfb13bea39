"""What controllers ask about a Pod."""

from __future__ import annotations

from collections.abc import Iterable

from dokaseca.dock.simulator import conditions
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def phase(pod: Manifest) -> str:
    return str(manifests.get(pod, "status", "phase", default="Pending"))


def is_active(pod: Manifest) -> bool:
    """Whether it counts as a replica: neither going nor finished."""
    return not manifests.is_deleting(pod) and phase(pod) not in ("Succeeded", "Failed")


def is_ready(pod: Manifest) -> bool:
    return conditions.is_true(manifests.get(pod, "status", "conditions"), "Ready")


def seconds_to_available(pod: Manifest, min_ready_seconds: float, context: Context) -> float | None:
    """How long until a Pod counts as available: 0 when it does, None when it is not even ready."""
    if not is_ready(pod):
        return None
    if not min_ready_seconds:
        return 0.0
    ready = conditions.by_type(manifests.get(pod, "status", "conditions"))["Ready"]
    since = context.since_seconds(str(ready.get("lastTransitionTime") or ""))
    return max(0.0, min_ready_seconds - since)


def available(pods: Iterable[Manifest], min_ready_seconds: float, context: Context) -> tuple[int, float | None]:
    """How many are available, and in how many seconds the next one will be (None: no sooner than something changes)."""
    waits = [seconds_to_available(pod, min_ready_seconds, context) for pod in pods]
    return sum(wait == 0.0 for wait in waits), min((wait for wait in waits if wait), default=None)
