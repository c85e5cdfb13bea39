"""PreDelete and PostDelete hooks: before an Application's objects go, and after they have gone (Argo CD: B10).

A finalizer per stage says what is still to come, so that a killed process goes on where it stood: how a hook is doing
is read from its object. Hooks are rendered from Git when the Application is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dokaseca.engine import fetching, permitting, targets
from dokaseca.engine.context import Context
from dokaseca.engine.live_state import LiveState
from dokaseca.engine.permitting import Permitted
from dokaseca.flow.sync import hooks, order, write
from dokaseca.kit import clock as clocks
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.errors import DeniedError, NotFoundError
from dokaseca.model.health import Health
from dokaseca.model.manifest import Manifest
from dokaseca.policy import gate
from dokaseca.ports.cluster import Cluster

PRE, POST = "PreDelete", "PostDelete"
FINALIZERS = {
    PRE: "pre-delete-finalizer.argocd.argoproj.io",
    POST: "post-delete-finalizer.argocd.argoproj.io",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """How far the hooks of a stage are: done when neither `waiting_for` nor `failed` says anything."""

    waiting_for: str = ""
    failed: str = ""

    @property
    def is_done(self) -> bool:
        return not self.waiting_for and not self.failed


def wanted(objects: Iterable[Manifest], finalizers: Sequence[str]) -> list[str]:
    """The finalizers that an Application lacks for its deletion hooks to run."""
    types = {one for manifest in objects for one in hooks.types(manifest)}
    return [name for stage, name in FINALIZERS.items() if stage in types and name not in finalizers]


def pending_or_none(application: Application, stage: str) -> str | None:
    """The finalizer that says that the stage's hooks have not ended yet."""
    listed = manifests.metadata(application.manifest).get("finalizers") or ()
    return next((str(one) for one in listed if str(one).partition("/")[0] == FINALIZERS[stage]), None)


async def step(application: Application, stage: str, context: Context) -> Stage:
    """Bring the hooks of `stage` one step further, wave by wave, and never wait.

    Raises:
        UserError, DeniedError, TransientError: as a pass: what cannot be rendered or is not permitted does not run.
    """
    permitted = permitting.check(application, context)
    live = context.destinations.live(permitted.destination)
    cluster = permitting.acting(application, permitted.project, live, context)
    found = await _hooks(application, stage, permitted, live, context)
    await live.follow({manifests.gvk(one) for one in found})
    for wave in sorted({order.wave(one) for one in found}):
        for hook in (one for one in found if order.wave(one) == wave):
            state = await _one(application, hook, cluster, context)
            if not state.is_done:
                return state
    for hook in found:
        if hooks.SUCCEEDED in hooks.delete_policies(hook):
            await write.delete(cluster, hook, "Background")
    return Stage()


async def _hooks(
    application: Application, stage: str, permitted: Permitted, live: LiveState, context: Context
) -> list[Manifest]:
    sources = await fetching.resolve(application, context, ())
    rendered = await fetching.render(application, sources, live.cluster, context)
    ready = await targets.prepare(application, rendered.objects, live.cluster)
    place = await permitting.place(permitted.destination, live.cluster)
    found = [one for one in ready.by_key.values() if stage in hooks.types(one)]
    for one in found:
        decision = gate.permits(manifests.key(one), permitted.project, place)
        if not decision.allowed:
            raise DeniedError(decision.reason, subject=f"Application {application.key}")
    return sorted(found, key=lambda one: (order.wave(one), order.kind_rank(str(one.get("kind"))), manifests.key(one)))


async def _one(application: Application, hook: Manifest, cluster: Cluster, context: Context) -> Stage:
    key = manifests.key(hook)
    try:
        found = await cluster.get(manifests.gvk(hook), key.namespace, key.name)
    except NotFoundError:
        await cluster.apply(hook, field_manager=write.FIELD_MANAGER, force=True)
        return Stage(waiting_for=f"hook {key}")
    if _is_left_over(found, application):
        await write.delete(cluster, found, "Background")
        return Stage(waiting_for=f"the removal of hook {key} of an earlier deletion")
    await context.health.prepare([found])
    verdict = context.health.assess(found)
    if verdict is None or verdict.status is Health.HEALTHY:
        return Stage()
    if verdict.status in (Health.DEGRADED, Health.UNKNOWN):
        why = f": {verdict.message}" if verdict.message else ""
        return Stage(failed=f"hook {key} failed{why}; correct it and delete the object to have it run again")
    return Stage(waiting_for=f"hook {key}")


def _is_left_over(found: Manifest, application: Application) -> bool:
    """Whether the object is older than this deletion: an end that is not this hook's."""
    created = str(manifests.metadata(found).get("creationTimestamp") or "")
    asked = str(manifests.metadata(application.manifest).get("deletionTimestamp") or "")
    try:
        return clocks.parse_rfc3339(created) < clocks.parse_rfc3339(asked)
    except ValueError:
        return False
