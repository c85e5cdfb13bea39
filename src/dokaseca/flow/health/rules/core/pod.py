"""Pod (Argo CD: B13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dokaseca.flow.health import conditions
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest

HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
IGNORE_RESTART_POLICY = "argocd.argoproj.io/ignore-restart-policy"


def assess(live: Manifest) -> Verdict:
    phase = manifests.get(live, "status", "phase", default="")
    waiting = _waiting_error_or_none(live) if _is_long_running(live) else None
    if waiting is not None:
        return Verdict(Health.DEGRADED, waiting)
    if phase == "Succeeded":
        return Verdict(Health.HEALTHY, str(manifests.get(live, "status", "message", default="")))
    if phase == "Failed":
        return Verdict(Health.DEGRADED, _failure(live))
    if phase == "Pending":
        return Verdict(Health.PROGRESSING, str(manifests.get(live, "status", "message", default="")))
    if phase == "Running":
        return _running(live)
    return Verdict(Health.UNKNOWN, f"pod phase {phase!r} is not known")


def _running(live: Manifest) -> Verdict:
    if not _is_long_running(live):
        return Verdict(Health.PROGRESSING)
    if conditions.is_true(live, "Ready"):
        return Verdict(Health.HEALTHY)
    for container in _containers(live):
        if manifests.get(container, "lastState", "terminated"):
            return Verdict(Health.DEGRADED, f"container {container.get('name')} was terminated before")
    return Verdict(Health.PROGRESSING)


def _is_long_running(live: Manifest) -> bool:
    if manifests.get(live, "spec", "restartPolicy", default="Always") == "Always":
        return True
    annotations = manifests.annotations(live)
    is_hook = any(name in annotations for name in HOOKS)
    return not is_hook and annotations.get(IGNORE_RESTART_POLICY) == "true"


def _containers(live: Manifest) -> Iterator[dict[str, Any]]:
    for field in ("initContainerStatuses", "containerStatuses"):
        yield from manifests.get(live, "status", field, default=[])


def _waiting_error_or_none(live: Manifest) -> str | None:
    for container in _containers(live):
        waiting = manifests.get(container, "state", "waiting", default={})
        reason = str(waiting.get("reason") or "")
        if reason.startswith("Err") or reason.endswith(("Error", "BackOff")):
            return str(waiting.get("message") or reason)
    return None


def _failure(live: Manifest) -> str:
    said = manifests.get(live, "status", "message")
    if said:
        return str(said)
    for container in _containers(live):
        ended = manifests.get(container, "state", "terminated", default={})
        if ended.get("message"):
            return str(ended["message"])
        if ended.get("reason") == "OOMKilled":
            return "OOMKilled"
        if ended.get("exitCode"):
            return f"container {container.get('name')!r} failed with exit code {ended['exitCode']}"
    return ""
