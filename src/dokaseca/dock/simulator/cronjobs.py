"""CronJobs: a Job whenever the schedule says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dokaseca.dock.simulator import conditions, jobs, kinds, plan, templates
from dokaseca.dock.simulator.plan import Create, Delete, Plan, Tell, Write
from dokaseca.dock.simulator.seen import Context
from dokaseca.kit import clock, cron
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_MISSED = 100  # kube-controller-manager stops counting here too


def reconcile(cron_job: Manifest, context: Context) -> Plan:
    """Start the Job that is due, drop old ones, and look again when the next is due."""
    if manifests.is_deleting(cron_job):
        return plan.NOTHING
    owned = context.seen.owned(cron_job, kinds.JOB)
    active = [job for job in owned if not jobs.is_finished(job)]
    due, next_at = _times(cron_job, context)
    writes: list[Write] = [*_ended(cron_job, owned), *_expired(cron_job, owned)]
    status = dict(manifests.get(cron_job, "status", default={}))
    if due is not None and not _is_too_late(cron_job, due, context) and _may_start(cron_job, active):
        if manifests.get(cron_job, "spec", "concurrencyPolicy") == "Replace":
            writes += [Delete(job) for job in active]
        writes.append(Create(_job(cron_job, due), cron_job))
        status["lastScheduleTime"] = clock.rfc3339(due)
    status["active"] = [_reference(job) for job in active]
    succeeded = [job for job in owned if conditions.is_true(manifests.get(job, "status", "conditions"), "Complete")]
    ended = [str(manifests.get(job, "status", "completionTime", default="")) for job in succeeded]
    if ended:
        status["lastSuccessfulTime"] = max([*ended, str(status.get("lastSuccessfulTime", ""))])
    if not status["active"]:
        del status["active"]
    wait = None if next_at is None else max(0.0, (next_at - context.now).total_seconds())
    return Plan((*writes, *plan.status(cron_job, status)), wait)


def _times(cron_job: Manifest, context: Context) -> tuple[datetime | None, datetime | None]:
    """The latest time that has come since the last start, and the next; neither while suspended or unreadable."""
    spec = manifests.get(cron_job, "spec", default={})
    if spec.get("suspend"):
        return None, None
    created = manifests.metadata(cron_job).get("creationTimestamp") or context.time
    try:
        schedule = cron.parse(str(spec.get("schedule") or ""))
        zone = ZoneInfo(str(spec.get("timeZone") or "UTC"))
        last = clock.parse_rfc3339(str(manifests.get(cron_job, "status", "lastScheduleTime", default=created)))
    except (ValueError, OSError, KeyError):  # an unreadable schedule never fires; an unknown zone is a KeyError
        return None, None
    due, at = None, schedule.after(last.astimezone(zone))
    for _ in range(_MISSED):
        if at is None or at > context.now:
            break
        due, at = at.astimezone(UTC), schedule.after(at)
    return due, at


def _is_too_late(cron_job: Manifest, due: datetime, context: Context) -> bool:
    limit = manifests.get(cron_job, "spec", "startingDeadlineSeconds")
    return limit is not None and (context.now - due).total_seconds() > float(limit)


def _may_start(cron_job: Manifest, active: list[Manifest]) -> bool:
    return not active or manifests.get(cron_job, "spec", "concurrencyPolicy") != "Forbid"


def _job(cron_job: Manifest, due: datetime) -> Manifest:
    """The Job of one scheduled time: its name holds the time, so that it is never started twice."""
    template = manifests.get(cron_job, "spec", "jobTemplate", default={})
    metadata = {
        "name": f"{manifests.name(cron_job)[:52]}-{int(due.timestamp()) // 60}",
        "namespace": manifests.namespace(cron_job),
        "labels": manifests.labels(template),
        "annotations": {
            **manifests.annotations(template),
            "batch.kubernetes.io/cronjob-scheduled-timestamp": clock.rfc3339(due),
        },
        "ownerReferences": [templates.owner_reference(cron_job)],
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template.get("spec", {})}


def _reference(job: Manifest) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": manifests.name(job),
        "namespace": manifests.namespace(job),
        "uid": manifests.uid(job),
    }


def _ended(cron_job: Manifest, owned: list[Manifest]) -> Iterator[Write]:
    """Tell of Jobs that were active when last looked at and have finished."""
    active = {one.get("uid") for one in manifests.get(cron_job, "status", "active", default=[])}
    for job in owned:
        if manifests.uid(job) in active and jobs.is_finished(job):
            found = manifests.get(job, "status", "conditions")
            how = "Complete" if conditions.is_true(found, "Complete") else "Failed"
            message = f"Saw completed job: {manifests.name(job)}, condition: {how}"
            yield Tell(cron_job, "SawCompletedJob", message, "cronjob-controller")


def _expired(cron_job: Manifest, owned: list[Manifest]) -> list[Write]:
    """Finished Jobs beyond the two history limits, oldest first."""
    writes: list[Write] = []
    for kind, field, default in (
        ("Complete", "successfulJobsHistoryLimit", 3),
        ("Failed", "failedJobsHistoryLimit", 1),
    ):
        limit = int(manifests.get(cron_job, "spec", field, default=default))
        ended = [job for job in owned if conditions.is_true(manifests.get(job, "status", "conditions"), kind)]
        writes += [Delete(job) for job in ended[: max(0, len(ended) - limit)]]
    return writes
