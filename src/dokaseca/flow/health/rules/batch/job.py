"""Job (Argo CD: B13). The status of Failed and Complete is not read: that they are listed decides."""

from __future__ import annotations

from dokaseca.flow.health import conditions
from dokaseca.model.health import Health, Verdict
from dokaseca.model.manifest import Manifest


def assess(live: Manifest) -> Verdict:
    failed, suspended = conditions.find_or_none(live, "Failed"), conditions.find_or_none(live, "Suspended")
    complete = conditions.find_or_none(live, "Complete")
    if failed is not None:
        return Verdict(Health.DEGRADED, conditions.message(failed))
    if suspended is not None and suspended.get("status") == "True":
        return Verdict(Health.SUSPENDED, conditions.message(suspended))
    if complete is None and suspended is None:
        return Verdict(Health.PROGRESSING, "waiting for the job to finish")
    return Verdict(Health.HEALTHY, conditions.message(complete))
