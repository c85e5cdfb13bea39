"""A newer commit takes the place of an automated sync that only waits.

A sync that waits for the health of an earlier wave would keep out the commit that cures it. It gives way while no hook
of it runs, nothing is asked for, and the newer commit renders to something else and may be synced now; else it goes on.
"""

from __future__ import annotations

from dokaseca.engine import dependencies, dry_run, fetching, operations, permitting, syncing, underway
from dokaseca.engine.context import Context
from dokaseca.engine.one_pass import one_pass
from dokaseca.engine.result import Pass
from dokaseca.model.application import Application
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.plan import SyncRequest

AUTOMATED = {"initiatedBy": {"automated": True}}


async def walk(application: Application, context: Context) -> Pass:
    """One pass: with the newest commit where that takes the place of what runs, else with what the operation pinned.

    Raises:
        UserError, DeniedError, TransientError: as `one_pass`.
    """
    if underway.may_be_replaced(application) and await _is_replaced(application, context):
        return await one_pass(application, context, newest=True)
    return await one_pass(underway.effective(application), context)


async def _is_replaced(application: Application, context: Context) -> bool:
    """Whether there is a newer commit that could be synced at once; what is wrong with it must not stop what runs."""
    try:
        sources = await fetching.resolve(application, context)
        if operations.was_attempted(application, [source.revision for source in sources]):
            return False
        found = await dry_run.dry_run(application, context)
        permitted = permitting.check(application, context)
        live = context.destinations.live(permitted.destination)
        current = underway.effective(application)
        pinned = await fetching.resolve(current, context, underway.pinned(application))
        before = await fetching.render(current, pinned, live.cluster, context)
        if before.digest == found.rendered.digest:
            return False
        if dependencies.why_not(application.manifest, found.revisions, context.applications):
            return False
        if not syncing.window(application, permitted, AUTOMATED, None, context).decision.allowed:
            return False
        request = SyncRequest.read({}, application)
        return not (await syncing.allowed(application, permitted, live, found.changes, request, context))[1]
    except DokaSecaError:
        return False
