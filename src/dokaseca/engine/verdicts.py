"""Health of one Application."""

from __future__ import annotations

from dokaseca.engine.result import Judgement
from dokaseca.flow.health import aggregate, assess
from dokaseca.model.application import Application
from dokaseca.model.change import ChangeSet


def judge(application: Application, changes: ChangeSet) -> Judgement:
    """Assess every live object once and add the verdicts up (Argo CD: B13)."""
    by_key = {
        change.key: verdict
        for change in changes.changes
        if change.live is not None and (verdict := assess.assess(change.live)) is not None
    }
    return Judgement(aggregate.aggregate(changes, by_key), by_key)
