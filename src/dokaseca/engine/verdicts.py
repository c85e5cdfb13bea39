"""Health of one Application."""

from __future__ import annotations

from dokaseca.engine.custom_health import CustomHealth
from dokaseca.engine.result import Judgement
from dokaseca.flow.health import aggregate
from dokaseca.model.application import Application
from dokaseca.model.change import ChangeSet


async def judge(application: Application, changes: ChangeSet, health: CustomHealth) -> Judgement:
    """Assess every live object once and add the verdicts up (Argo CD: B13)."""
    await health.prepare(change.live for change in changes.changes if change.live is not None)
    by_key = {
        change.key: verdict
        for change in changes.changes
        if change.live is not None and (verdict := health.assess(change.live)) is not None
    }
    return Judgement(aggregate.aggregate(changes, by_key), by_key)
