"""The cells of Pods."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dokaseca.dock.tables import ages
from dokaseca.dock.tables.printers.cells import NONE, age
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def pod(manifest: Manifest, now: datetime) -> list[Any]:
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    regular = status.get("containerStatuses") or []
    sidecars = _sidecars(spec)
    started = [one for one in status.get("initContainerStatuses") or () if one.get("name") in sidecars]
    ready = sum(bool(one.get("ready")) for one in [*regular, *started])
    total = len(spec.get("containers") or ()) + len(sidecars)
    addresses = status.get("podIPs") or []
    gates = spec.get("readinessGates") or []
    return [
        manifests.name(manifest),
        f"{ready}/{total}",
        _status(manifest, spec, status),
        _restarts([*regular, *started], now),
        age(manifest, now),
        (addresses[0].get("ip") if addresses else status.get("podIP")) or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(gates, status) if gates else NONE,
    ]


def _sidecars(spec: dict[str, Any]) -> set[str]:
    return {one.get("name") for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"}


def _restarts(statuses: list[dict[str, Any]], now: datetime) -> str:
    total = sum(one.get("restartCount") or 0 for one in statuses)
    times = [manifests.get(one, "lastState", "terminated", "finishedAt") for one in statuses]
    last = max((moment for moment in times if moment), default=None)
    return f"{total} ({ages.since(last, now)} ago)" if total and last else str(total)


def _status(manifest: Manifest, spec: dict[str, Any], status: dict[str, Any]) -> str:
    reason = str(status.get("reason") or status.get("phase") or "Unknown")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    starting = _initializing(spec, status)
    reason = starting or _running(status, reason)
    if manifests.is_deleting(manifest):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return reason


def _initializing(spec: dict[str, Any], status: dict[str, Any]) -> str:
    """`Init:...` while init containers run, empty once they are through."""
    total = len(spec.get("initContainers") or ())
    sidecars = _sidecars(spec)
    for index, one in enumerate(status.get("initContainerStatuses") or ()):
        state = one.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if (ended is not None and not ended.get("exitCode")) or (one.get("name") in sidecars and one.get("started")):
            continue
        if ended is not None:
            return "Init:" + _ended(ended)
        if waiting and waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{index}/{total}"
    return ""


def _ended(state: dict[str, Any]) -> str:
    if state.get("reason"):
        return str(state["reason"])
    return f"Signal:{state['signal']}" if state.get("signal") else f"ExitCode:{state.get('exitCode', 0)}"


def _running(status: dict[str, Any], reason: str) -> str:
    has_running = False
    for one in reversed(status.get("containerStatuses") or []):
        state = one.get("state") or {}
        waiting, ended = state.get("waiting"), state.get("terminated")
        if waiting and waiting.get("reason"):
            reason = str(waiting["reason"])
        elif ended is not None:
            reason = _ended(ended)
        elif one.get("ready") and state.get("running") is not None:
            has_running = True
    if reason == "Completed" and has_running:
        ready = any(
            condition.get("type") == "Ready" and condition.get("status") == "True"
            for condition in status.get("conditions") or ()
        )
        return "Running" if ready else "NotReady"
    return reason


def _gates(gates: list[dict[str, Any]], status: dict[str, Any]) -> str:
    true = {one.get("type") for one in status.get("conditions") or () if one.get("status") == "True"}
    return f"{sum(gate.get('conditionType') in true for gate in gates)}/{len(gates)}"
