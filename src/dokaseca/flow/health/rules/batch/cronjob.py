"""CronJob: a suspended one is healthy; one whose last run did not succeed is degraded."""

from __future__ import annotations

from dokaseca.kit import clock as clocks
from dokaseca.model import manifest as manifests
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    if manifests.get(live, "spec", "suspend"):
        return Verdict(Health.HEALTHY, "CronJob is suspended")
    scheduled = manifests.get(live, "status", "lastScheduleTime")
    if not scheduled or manifests.get(live, "status", "active"):
        return Verdict(Health.HEALTHY)
    succeeded = manifests.get(live, "status", "lastSuccessfulTime")
    if not succeeded or clocks.parse_rfc3339(str(succeeded)) < clocks.parse_rfc3339(str(scheduled)):
        return Verdict(Health.DEGRADED, "the last scheduled run has not succeeded")
    return Verdict(Health.HEALTHY)
