"""The product in one screen: a Git commit enters, a healthy, audited deployment leaves.

One pass brings one Application one step further and never waits: what is not ready yet is looked at again on the next
event. Each line of `one_pass` is a room; open it to see how that step is done.
"""

from __future__ import annotations

from dokaseca.engine import auditing, comparing, fetching, permitting, syncing, targets, underway, verdicts
from dokaseca.engine.context import Context
from dokaseca.engine.result import Pass
from dokaseca.model.application import Application


async def one_pass(application: Application, context: Context, *, newest: bool = False) -> Pass:
    """Walk the corridor once.

    Args:
        newest: look at the newest commit, not at the one that a running operation began with.

    Returns:
        What was found and done; the caller writes it down as the Application's status.

    Raises:
        UserError: the spec, a manifest, a template or a project restriction is wrong; nothing was changed.
        DeniedError: the project forbids the source, the destination or a kind; nothing was changed.
        TransientError: a repository or the cluster does not answer; the last good state stays.
    """
    timing = context.timings.begin(application.key, context.clock.monotonic_seconds)
    # policy: may this Application use these sources and this cluster?
    permitted = permitting.check(application, context)
    cluster = context.destinations.live(permitted.destination)
    timing.left("policy")

    pinned = () if newest else underway.pinned(application)
    sources = await fetching.resolve(application, context, pinned)  # source: to commits
    timing.left("source")
    rendered = await fetching.render(application, sources, cluster.cluster, context)  # render: commits to manifests
    timing.left("render")
    wanted = await targets.prepare(application, rendered.objects, cluster.cluster, rendered.origins)
    changes = await comparing.compare(application, permitted, wanted, cluster)  # diff: manifests against the cluster
    timing.left("diff")

    operation = await syncing.advance(application, permitted, sources, wanted, changes, context)  # sync: a step at most
    timing.left("sync")
    if operation.acted:
        if wanted.missing_kinds:  # the step may have brought their definitions
            wanted = await targets.prepare(application, rendered.objects, cluster.cluster, rendered.origins)
        changes = await comparing.compare(application, permitted, wanted, cluster)
        timing.left("diff")

    verdict = await verdicts.judge(application, changes, context.health)  # health: what the cluster made of it
    timing.left("health")
    auditing.write(application, operation, context)  # audit: who changed what, from which commit
    timing.left("audit")
    timing.end()
    return Pass(permitted.destination, sources, rendered, wanted, changes, operation, verdict)
