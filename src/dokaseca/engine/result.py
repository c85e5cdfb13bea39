"""What one pass found and did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dokaseca.engine.destinations import Registration
from dokaseca.engine.targets import Targets
from dokaseca.flow.render.request import ResolvedSource
from dokaseca.model.change import ChangeSet
from dokaseca.model.condition import Condition
from dokaseca.model.health import Verdict
from dokaseca.model.identity import ObjectKey
from dokaseca.model.rendered import RenderedSet


@dataclass(frozen=True, slots=True)
class Advance:
    """What the pass did about the Application's operation.

    Attributes:
        state: `status.operationState` as it now stands, None when there never was an operation.
        acted: whether the operation was worked on; else `state` is what it was.
        finished: whether the operation ended in this pass.
        history: the entry to append to `status.history`, None unless a full sync succeeded.
        sync_error: for the SyncError condition, empty when nothing is wrong.
        notes: further conditions: what holds a sync back, and what nobody can win.
        retry_after_seconds: when to come back without an event.
        counts: objects per effect (created, changed, pruned, failed), for the log and the audit trail.
    """

    state: Mapping[str, Any] | None
    acted: bool = False
    finished: bool = False
    history: Mapping[str, Any] | None = None
    sync_error: str = ""
    notes: tuple[Condition, ...] = ()
    retry_after_seconds: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The Application's health and that of each object that has one."""

    verdict: Verdict
    by_key: Mapping[ObjectKey, Verdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pass:
    """One walk through the corridor."""

    destination: Registration
    sources: tuple[ResolvedSource, ...]
    rendered: RenderedSet
    targets: Targets
    changes: ChangeSet
    operation: Advance
    health: Judgement

    @property
    def revisions(self) -> list[str]:
        """One per source, in order."""
        return [source.revision for source in self.sources]
