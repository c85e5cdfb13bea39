"""A pass that stops before it would touch anything: what the next sync would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dokaseca.engine import comparing, fetching, permitting, targets
from dokaseca.engine.context import Context
from dokaseca.engine.destinations import Registration
from dokaseca.flow.render.request import ResolvedSource
from dokaseca.model.application import Application
from dokaseca.model.change import ChangeSet
from dokaseca.model.rendered import RenderedSet


@dataclass(frozen=True, slots=True)
class Preview:
    """What a pass found before it would have acted."""

    application: Application
    destination: Registration
    sources: tuple[ResolvedSource, ...]
    rendered: RenderedSet
    changes: ChangeSet

    @property
    def revisions(self) -> list[str]:
        """One per source, in order."""
        return [source.revision for source in self.sources]


async def dry_run(application: Application, context: Context, *, pinned: Sequence[str] = ()) -> Preview:
    """Walk the corridor as `one_pass` does, up to the comparison; neither `begin` nor `audit` of the context is called.

    Args:
        pinned: revisions to look at instead of `targetRevision`, one per source.

    Raises:
        UserError, DeniedError, TransientError: as `one_pass`.
    """
    permitted = permitting.check(application, context)
    cluster = context.destinations.live(permitted.destination)
    sources = await fetching.resolve(application, context, pinned)
    rendered = await fetching.render(application, sources, cluster.cluster, context)
    wanted = await targets.prepare(application, rendered.objects, cluster.cluster)
    changes = await comparing.compare(application, permitted, wanted, cluster)
    return Preview(application, permitted.destination, sources, rendered, changes)
