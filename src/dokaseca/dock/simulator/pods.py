"""Pods: what a scheduler and a kubelet make of them."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.simulator import conditions, kinds, plan, pod_state, pod_status, scheduling, stories
from dokaseca.dock.simulator.faults import Fault, of_pod
from dokaseca.dock.simulator.plan import Delete, Patch, Plan, Tell
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_FIRST_BACK_OFF_SECONDS, _LAST_BACK_OFF_SECONDS = 10.0, 300.0  # kubelet's crash loop
_JUST_SECONDS = 0.5  # a look at a Pod this soon after a try was due is that try


def reconcile(pod: Manifest, context: Context) -> Plan:
    """Bind, start after a delay, end what runs to completion, and give up what is to be deleted."""
    if manifests.is_deleting(pod):
        return Plan((Delete(pod, by_owner=False),)) if not manifests.metadata(pod).get("finalizers") else plan.NOTHING
    if not manifests.get(pod, "spec", "nodeName"):
        return _schedule(pod, context)
    if not pod_state.is_active(pod):
        return plan.NOTHING
    node = context.seen.get_or_none(kinds.NODE, "", pod["spec"]["nodeName"])
    left = scheduling.seconds_to_eviction(pod, node, context) if node else None
    if left == 0:
        who = f"{manifests.namespace(pod)}/{manifests.name(pod)}"
        message = f"Marking for deletion Pod {who}"
        return Plan(
            (Tell(pod, "TaintManagerEviction", message, "taint-eviction-controller"), Delete(pod, by_owner=False))
        )
    found = _run(pod, context)
    return Plan(found.writes, plan.earliest(found.again_after_seconds, left))


def _schedule(pod: Manifest, context: Context) -> Plan:
    """Bind the Pod, or say why it has to wait; Pods of other schedulers are theirs."""
    spec = pod.get("spec") or {}
    if spec.get("schedulerName", scheduling.NAME) != scheduling.NAME:
        return plan.NOTHING
    if spec.get("schedulingGates"):
        return Plan(
            _unscheduled(pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates", context)
        )
    place = scheduling.place(spec, manifests.namespace(pod), context)
    if place.node:
        return Plan((Patch(pod, {"spec": {"nodeName": place.node}}),))
    writes = _unscheduled(pod, "Unschedulable", place.why, context)
    told = Tell(pod, "FailedScheduling", place.why, scheduling.NAME, "Warning", action="Scheduling")
    return Plan((*writes, told) if writes else ())


def _unscheduled(pod: Manifest, reason: str, message: str, context: Context) -> tuple[plan.Write, ...]:
    status = manifests.get(pod, "status", default={})
    wanted = conditions.condition("PodScheduled", False, reason, message)
    made = [
        {**one, "lastProbeTime": None} for one in conditions.merged(status.get("conditions"), [wanted], context.time)
    ]
    return plan.status(pod, {**status, "phase": "Pending", "conditions": made})


def _run(pod: Manifest, context: Context) -> Plan:
    """Start after a delay, end what runs to completion."""
    fault, age = of_pod(pod), context.age_seconds(pod)
    delay = _delay_seconds(pod, fault, context)
    if age < delay and not pod_state.is_ready(pod):
        return Plan((), delay - age)
    if fault.ends_containers and _restarts(pod):
        restarts, again, _ = _crashes(age)
        return Plan(_write(pod, pod_status.crash_looping(pod, context.time, restarts, _end(fault))), again)
    if fault is Fault.IMAGE_PULL_BACK_OFF:
        tries, again, ago = _crashes(age)
        writes = _write(pod, _wanted(pod, fault, context))
        return Plan(writes or (_backs_off(pod) if tries > 1 and ago < _JUST_SECONDS else ()), again)
    return Plan(_write(pod, _wanted(pod, fault, context)))


def _restarts(pod: Manifest) -> bool:
    return bool(manifests.get(pod, "spec", "restartPolicy", default="Always") == "Always")


def _delay_seconds(pod: Manifest, fault: Fault, context: Context) -> float:
    options = context.options
    if fault is Fault.SLOW:
        return options.pod_slow_seconds
    return options.pod_ready_seconds if _restarts(pod) else options.job_seconds


def _wanted(pod: Manifest, fault: Fault, context: Context) -> dict[str, Any]:
    if fault is Fault.IMAGE_PULL_BACK_OFF:
        return pod_status.cannot_pull(pod, context.time)
    if fault.ends_containers:
        return pod_status.failed(pod, context.time, _end(fault))
    if _restarts(pod) or fault is Fault.NEVER_READY:
        return pod_status.running(pod, context.time, ready=fault is not Fault.NEVER_READY)
    return pod_status.succeeded(pod, context.time)


def _end(fault: Fault) -> pod_status.End:
    return pod_status.OUT_OF_MEMORY if fault is Fault.OUT_OF_MEMORY else pod_status.ERROR


def _crashes(age_seconds: float) -> tuple[int, float, float]:
    """How often a failing container was tried by now, in how many seconds it will be again, and how long ago it was."""
    tries, wait, last, due = 1, _FIRST_BACK_OFF_SECONDS, 0.0, _FIRST_BACK_OFF_SECONDS
    while due <= age_seconds:
        tries += 1
        wait = min(wait * 2, _LAST_BACK_OFF_SECONDS)
        last, due = due, due + wait
    return tries, due - age_seconds, age_seconds - last


def _backs_off(pod: Manifest) -> tuple[plan.Write, ...]:
    """What is told again when it was tried again to pull the images."""
    found = manifests.get(pod, "spec", "containers", default=[])
    return tuple(told for one in found for told in stories.backs_off(pod, str(one["name"]), str(one.get("image"))))


def _write(pod: Manifest, wanted: dict[str, Any]) -> tuple[plan.Write, ...]:
    """The status write, unless the Pod already says the same but for times."""
    return () if _gist(pod.get("status") or {}) == _gist(wanted) else plan.status(pod, wanted)


def _gist(status: dict[str, Any]) -> list[Any]:
    """What of a status matters: the phase, readiness, and each container's image and state."""
    containers = [
        (one.get("name"), one.get("image"), one.get("ready"), one.get("restartCount"), *(one.get("state") or {}))
        for one in status.get("containerStatuses") or ()
    ]
    ready = [one.get("status") for one in status.get("conditions") or () if one.get("type") == "Ready"]
    return [status.get("phase"), ready, containers]
