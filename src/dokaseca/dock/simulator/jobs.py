"""Jobs: Pods that run to completion, retried up to the backoff limit."""

from __future__ import annotations

from typing import Any

from dokaseca.dock.simulator import conditions, kinds, plan, pod_state, scheduling, templates
from dokaseca.dock.simulator.plan import Create, Delete, Plan, Write
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def reconcile(job: Manifest, context: Context) -> Plan:
    """Start what is missing, count what has ended, and finish or clean up."""
    if manifests.is_deleting(job):
        return plan.NOTHING
    if is_finished(job):
        return _clean_up(job, context)
    pods = context.seen.owned(job, kinds.POD)
    counts = {
        "active": sum(map(pod_state.is_active, pods)),
        "succeeded": sum(pod_state.phase(pod) == "Succeeded" for pod in pods),
        "failed": sum(pod_state.phase(pod) == "Failed" for pod in pods),
    }
    verdict = _verdict(job, counts, context)
    writes: list[Write] = []
    if verdict:
        writes = [Delete(pod) for pod in pods if pod_state.is_active(pod)]
    elif manifests.get(job, "spec", "suspend"):
        writes = [Delete(pod) for pod in pods if pod_state.is_active(pod)]
        verdict = [conditions.condition("Suspended", True, "JobSuspended", "Job suspended")]
    else:
        pod = templates.pod(job, scheduling.node_of_template(job, context))
        writes = [Create(pod, job)] * _missing(job, counts)
    ready = sum(pod_state.is_active(pod) and pod_state.is_ready(pod) for pod in pods)
    report = plan.status(job, _status(job, counts, ready, verdict, context))
    return Plan((*writes, *(() if writes and not verdict else report)), _seconds_to_deadline(job, context))


def is_finished(job: Manifest) -> bool:
    """Whether it is Complete or Failed."""
    found = manifests.get(job, "status", "conditions")
    return conditions.is_true(found, "Complete") or conditions.is_true(found, "Failed")


def _missing(job: Manifest, counts: dict[str, int]) -> int:
    parallel = int(manifests.get(job, "spec", "parallelism", default=1))
    completions = manifests.get(job, "spec", "completions")
    if completions is None:  # a work queue: no new Pods once one has succeeded
        return 0 if counts["succeeded"] else max(0, parallel - counts["active"])
    return int(max(0, min(parallel, completions - counts["succeeded"]) - counts["active"]))


def _verdict(job: Manifest, counts: dict[str, int], context: Context) -> list[dict[str, Any]]:
    """The conditions that end the Job, empty while it goes on."""
    completions = manifests.get(job, "spec", "completions")
    enough = counts["succeeded"] >= (1 if completions is None else completions)
    if enough and (completions is not None or not counts["active"]):
        reason, message = "CompletionsReached", "Reached expected number of succeeded pods"
        return [conditions.condition(kind, True, reason, message) for kind in ("SuccessCriteriaMet", "Complete")]
    reason, message = "", ""
    if counts["failed"] > int(manifests.get(job, "spec", "backoffLimit", default=6)):
        reason, message = "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    elif (left := _seconds_to_deadline(job, context)) is not None and left <= 0:
        reason, message = "DeadlineExceeded", "Job was active longer than specified deadline"
    kinds_of_failure = ("FailureTarget", "Failed") if reason else ()
    return [conditions.condition(kind, True, reason, message) for kind in kinds_of_failure]


def _seconds_to_deadline(job: Manifest, context: Context) -> float | None:
    limit, start = manifests.get(job, "spec", "activeDeadlineSeconds"), manifests.get(job, "status", "startTime")
    return None if limit is None or start is None else float(limit) - context.since_seconds(start)


def _status(
    job: Manifest, counts: dict[str, int], ready: int, ending: list[dict[str, Any]], context: Context
) -> dict[str, Any]:
    old = manifests.get(job, "status", default={})
    suspended = bool(manifests.get(job, "spec", "suspend"))
    status: dict[str, Any] = {"terminating": 0, "uncountedTerminatedPods": {}}
    if not suspended:
        status |= {"ready": ready, "startTime": old.get("startTime", context.time)}
    status |= {name: count for name, count in counts.items() if count}
    if ending:
        status["conditions"] = [
            {**one, "lastProbeTime": context.time}
            if one["type"] not in conditions.by_type(old.get("conditions"))
            else {**one, "lastProbeTime": conditions.by_type(old["conditions"])[one["type"]].get("lastProbeTime")}
            for one in conditions.merged(old.get("conditions"), ending, context.time)
        ]
        if not suspended:
            status.pop("active", None)
            status["ready"] = 0
    if any(one["type"] == "Complete" for one in ending):
        status["completionTime"] = context.time
    return status


def _clean_up(job: Manifest, context: Context) -> Plan:
    """Delete a finished Job `ttlSecondsAfterFinished` after its end."""
    ttl = manifests.get(job, "spec", "ttlSecondsAfterFinished")
    if ttl is None:
        return plan.NOTHING
    ended = [one.get("lastTransitionTime", "") for one in manifests.get(job, "status", "conditions", default=[])]
    left = float(ttl) - context.since_seconds(max(ended, default=""))
    return Plan((Delete(job),)) if left <= 0 else Plan((), left)
