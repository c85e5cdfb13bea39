"""What must hold before freight moves on. Pure: a gate that cannot tell denies."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.flow.promote.freight import Freight, Standing
from dokaseca.model.health import Health


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's answer, with one sentence why not."""

    allowed: bool
    reason: str = ""


def upstream_is_healthy(freight: Freight, upstream: Standing | None) -> Verdict:
    """The environment before must run exactly this freight, synced and healthy."""
    if upstream is None:
        return Verdict(False, "nothing is known of the environment before")
    if upstream.freight != freight:
        return Verdict(False, f"{upstream.environment} runs other freight ({upstream.freight.id[:12]})")
    if not upstream.is_synced:
        return Verdict(False, f"{upstream.environment} is not synced")
    if upstream.health is not Health.HEALTHY:
        return Verdict(False, f"{upstream.environment} is {upstream.health.value}")
    return Verdict(True)
