"""The ApplicationSet controller: generation in, child Applications and a status out."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dokaseca.controllers import application_set_events as events
from dokaseca.controllers import application_set_release as release
from dokaseca.controllers import status
from dokaseca.controllers.application_set_clusters import Clusters
from dokaseca.controllers.application_set_guard import Guard
from dokaseca.controllers.application_set_inputs import Caches, Sources
from dokaseca.controllers.application_set_recorder import Recorder
from dokaseca.controllers.application_set_rollout_refreshes import REFRESH_SECONDS, Refreshes
from dokaseca.controllers.application_set_writes import Writes
from dokaseca.generate import deletion_guard, expand, planning
from dokaseca.generate import status as statuses
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.deletion_guard import Held
from dokaseca.generate.expand import GenerationError
from dokaseca.generate.expansion import Expansion
from dokaseca.generate.forge_inputs import ForgeInputs
from dokaseca.generate.generators.context import Inputs, TreeOf
from dokaseca.generate.hub_inputs import HubInputs
from dokaseca.generate.memory import Memory
from dokaseca.generate.planning import Planned
from dokaseca.generate.reconcile_plan import Surroundings
from dokaseca.generate.rollout import Rollout
from dokaseca.generate.status import Outcome
from dokaseca.kit import redact
from dokaseca.kit.clock import Clock, rfc3339
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import ConditionType, Reason, View
from dokaseca.model.errors import ConflictError, DokaSecaError, NotFoundError, TransientError, UserError, WaitingError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.git import Tree
from dokaseca.ports.plugin_generator import PluginGenerator
from dokaseca.runtime.reconcile import Controller, Result

log = logging.getLogger("dokaseca.generate")

ERROR_SECONDS = 180.0  # Argo CD: ReconcileRequeueOnValidationError
TRANSIENT_SECONDS = 15.0  # a repository or the API that does not answer is asked again sooner than a wrong spec
MEANWHILE_SECONDS = 1.0  # a safety net: the change that got in between is on its way through the watch
ROLLOUT_EVENT_SECONDS = 0.05  # turns follow at once, but many children that move together are looked at together
STATUS_EVENT_SECONDS = 1.0  # children change their sync and health often while they roll out: one write sees them all
LONG_PLAN_APPLICATIONS = 50  # some milliseconds of comparing: more than that leaves the event loop
LONG_STATUS_APPLICATIONS = 500  # some milliseconds of listing them
EVENT_NAMES = 8  # of held Applications: an Event has room for 1024 characters
WORKERS = 10  # Argo CD: concurrent reconciliations of ApplicationSets


class ApplicationSetController:
    """Keeps the Applications of every ApplicationSet equal to what it generates.

    Args:
        hub: where ApplicationSets and Applications live.
        caches: what to read.
        sources: what git generators read.
        clock: for conditions and templates.
        forges: what scmProvider and pullRequest generators ask; None where they are not available.
        plugins: what plugin generators ask; None where they are not available.
    """

    def __init__(
        self,
        hub: Cluster,
        caches: Caches,
        sources: Sources,
        clock: Clock,
        forges: ForgeInputs | None = None,
        plugins: PluginGenerator | None = None,
    ) -> None:
        self._forges = forges
        self._hub_inputs = HubInputs(hub, plugins)
        self._hub = hub
        self._caches = caches
        self._sources = sources
        self._clock = clock
        self._recorder = Recorder(hub, clock)
        self._writes = Writes(hub, caches.observe, self._recorder)
        self._refreshes = Refreshes(self._writes, clock)
        self._guard = Guard(clock, caches.is_retiring, self._generated_count)
        self._release = release.Release(hub, self._writes, self._guard, caches.applications, clock)
        self._repositories: dict[NamespacedName, frozenset[str]] = {}
        self._memories: dict[NamespacedName, Memory] = {}
        self._clusters = Clusters()
        self._unsettled: set[NamespacedName] = set()
        self.controller: Controller[NamespacedName] = Controller("application-set", self._reconcile, workers=WORKERS)

    # --- events -----------------------------------------------------------------------------------------------------

    def on_application_set(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        """An ApplicationSet changed in the hub."""
        if new is None:
            self._repositories.pop(key, None)
            self._memories.pop(key, None)
            self._unsettled.discard(key)
        elif events.concerns_set(old, new):
            self.controller.enqueue(key)

    def on_application(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        """An Application changed in the hub: whoever owned or owns it looks at it."""
        owners = {events.owner_or_none(each) for each in (old, new) if each is not None}
        for owner in owners - {None}:
            assert owner is not None
            if events.concerns_owner(old, new):
                self.controller.enqueue(owner)
            elif events.concerns_rollout(self._caches.application_set(owner), old, new):
                self.controller.queue.add_after(owner, ROLLOUT_EVENT_SECONDS)
            elif events.shows_in_status(old, new):
                self.controller.queue.add_after(owner, STATUS_EVENT_SECONDS)

    def on_cluster_secret(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        """A cluster was registered, changed or removed."""
        for name in events.woken_by_cluster(self._caches.application_sets(), old, new):
            self.controller.enqueue(name)
        self._retry_unsettled()

    def on_project(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        """An AppProject appeared or vanished: Applications may have become valid, or invalid."""
        if (old is None) != (new is None):
            for each in self._caches.application_sets():
                if manifests.namespace(each) == key.namespace:
                    self.controller.enqueue(NamespacedName(key.namespace, manifests.name(each)))

    def on_repository(self, url: str) -> None:
        """A repository has new commits."""
        for key, urls in self._repositories.items():
            if url in urls:
                self.controller.enqueue(key)

    async def run(self) -> None:
        """Work until cancelled."""
        await self.controller.run()

    def _retry_unsettled(self) -> None:
        for key in self._unsettled:
            self.controller.enqueue(key)

    # --- one reconcile ----------------------------------------------------------------------------------------------

    async def _reconcile(self, key: NamespacedName) -> Result:
        manifest = self._caches.application_set(key)
        if manifest is None:
            return Result()
        try:
            if manifests.is_deleting(manifest):
                return await self._leave(key, manifest)
            if release.needs_finalizer(manifest):
                await self._writes.set_finalizer(manifest, present=True)
            return await self._converge(key, manifest)
        except NotFoundError:  # the ApplicationSet went away while it was worked on: its watch says so too
            return Result()
        except ConflictError:  # it changed meanwhile: its watch is about to say so
            return Result(MEANWHILE_SECONDS)

    async def _converge(self, key: NamespacedName, manifest: Manifest) -> Result:
        await asyncio.sleep(0)  # many may be due at once, and what they wait for may be there already
        expansion = None
        memory = self._memories.setdefault(key, Memory())
        try:
            view = application_sets.view(manifest)
            clusters = self._clusters.of(key.namespace, self._caches.cluster_secrets(key.namespace))
            inputs = Inputs(clusters, self._tree_of(manifest), self._clock, forges=self._forges, hub=self._hub_inputs)
            expansion = await expand.expand(manifest, inputs, memory)
            self._note_repositories(key, expansion.repositories)
            planned = await self._plan(view, expansion, clusters, memory)
            deletions, count = planned.plan.delete, planned.children_count
            admitted = self._guard.admit(manifest, deletions, count, expansion.empty_sources)
        except GenerationError as error:
            self._note_repositories(key, error.repositories)
            return await self._refuse(key, error.cause, Outcome(reason=error.reason, parameters_generated=False))
        except DokaSecaError as error:
            return await self._refuse(key, error, _refusal(error, is_generated=expansion is not None))
        if planned.rollout is not None:
            await self._begin_turns(key, planned.rollout)
        outcome = await self._writes.carry_out(manifest, replace(planned.plan, delete=admitted.deletions))
        outcome = replace(outcome, rollout=planned.rollout)
        await self._write_status(key, await self._with_held(manifest, outcome, admitted.held))
        return self._result(key, outcome, expansion, planned)

    def _tree_of(self, manifest: Manifest) -> TreeOf:
        """How to read repositories: an ApplicationSet that asks for a refresh sees them as they are now."""
        if application_sets.REFRESH_ANNOTATION not in manifests.annotations(manifest):
            return self._sources.tree
        looked_at: set[str] = set()

        async def tree(url: str, revision: str) -> Tree:
            if url not in looked_at:
                looked_at.add(url)
                await self._sources.refresh(url)
            return await self._sources.tree(url, revision)

        return tree

    async def _plan(
        self, view: View, expansion: Expansion, clusters: Sequence[ClusterSecret], memory: Memory
    ) -> Planned:
        """Everything that follows from what was generated; much of it takes a thread of its own."""
        projects = frozenset(self._caches.projects(view.namespace))
        existing = self._existing(view, expansion)
        made_of = (expansion, clusters, *existing)
        last = memory.plan.made if memory.plan.holds(made_of) and memory.projects == projects else None
        if last is not None:
            return last
        now = rfc3339(self._clock.now())
        around = Surroundings(projects, clusters)
        plan = functools.partial(planning.plan, view, expansion.applications, existing, around, now, memory.settled)
        is_long = len(expansion.applications) > LONG_PLAN_APPLICATIONS
        planned = await asyncio.to_thread(plan) if is_long else plan()
        if planned.rollout is None:  # a rollout goes by the clock and the status
            memory.projects = projects
            memory.plan.keep(made_of, planned)
        return planned

    def _existing(self, view: View, expansion: Expansion) -> list[Manifest]:
        """The children, and whoever else has a name that is generated."""
        found = {manifests.name(one): one for one in self._caches.children(view.manifest)}
        for name in map(manifests.name, expansion.applications):
            other = self._caches.application(NamespacedName(view.namespace, name)) if name not in found else None
            if other is not None:
                found[name] = other
        return list(found.values())

    async def _begin_turns(self, key: NamespacedName, rollout: Rollout) -> None:
        """Write down whose turn it is before anybody is asked to sync, and have stale Applications looked at."""
        manifest = self._caches.application_set(key)
        if manifest is not None:
            new = statuses.with_rollout(manifest.get("status"), rollout)
            self._caches.observe(await status.write(self._hub, manifest, new, subresource=True))
            await self._refreshes.ask(self._caches.children(manifest), rollout.stale)

    async def _leave(self, key: NamespacedName, manifest: Manifest) -> Result:
        """The ApplicationSet is being deleted."""
        try:
            step = await self._release.step(manifest)
        except UserError as error:  # its budget or strategy does not parse: until it does, nothing goes
            return await self._refuse(key, error, Outcome(reason=Reason.DELETE_ERROR))
        if step.held is not None or step.error:
            outcome = Outcome(step.error, Reason.DELETE_ERROR, is_whole=False)
            await self._write_status(key, await self._with_held(manifest, outcome, step.held))
        return Result(step.again_seconds)

    def _note_repositories(self, key: NamespacedName, repositories: Iterable[tuple[str, str]]) -> None:
        urls = frozenset(url for url, _ in repositories)
        self._repositories[key] = urls
        for url in urls:
            self._sources.follow(url)

    def _generated_count(self, namespace: str) -> int:
        return sum(events.owner_or_none(each) is not None for each in self._caches.applications(namespace))

    async def _refuse(self, key: NamespacedName, error: DokaSecaError, outcome: Outcome) -> Result:
        """Say what is wrong, and touch no Application."""
        self._unsettled.add(key)
        told = redact.text(str(error))
        log.warning("generation failed", extra={"fields": {"application_set": str(key), "error": told}})
        await self._write_status(key, replace(outcome, error=told, is_whole=False))
        if isinstance(error, WaitingError):
            return Result(error.retry_after_seconds)
        return Result(TRANSIENT_SECONDS if isinstance(error, TransientError) else ERROR_SECONDS)

    def _result(self, key: NamespacedName, outcome: Outcome, expansion: Expansion, planned: Planned) -> Result:
        if not outcome.error:
            self._unsettled.discard(key)
            again = REFRESH_SECONDS if planned.rollout is not None and planned.rollout.stale else None
            return Result(min((each for each in (again, expansion.requeue_after_seconds) if each), default=None))
        self._unsettled.add(key)
        return Result(ERROR_SECONDS if outcome.reason == Reason.VALIDATION_ERROR else TRANSIENT_SECONDS)

    async def _with_held(self, manifest: Manifest, outcome: Outcome, held: Held | None) -> Outcome:
        """`outcome`, with what waits for a person: told by an Event and in the log when it is new."""
        if held is None:
            return outcome
        message = deletion_guard.message(manifest, held)
        told = statuses.condition_or_none(manifest.get("status"), ConditionType.DELETION_HELD)
        if told is None or told.get("message") != message:
            names = [manifests.name(one) for one in held.applications]
            key = f"{manifests.namespace(manifest)}/{manifests.name(manifest)}"
            log.warning(
                "deletion held", extra={"fields": {"application_set": key, "why": held.why, "applications": names}}
            )
            short = deletion_guard.message(manifest, held, names_shown=EVENT_NAMES)
            await self._recorder.tell(manifest, str(ConditionType.DELETION_HELD), short, is_warning=True)
        return replace(outcome, held=message, held_reason=held.reason)

    async def _write_status(self, key: NamespacedName, outcome: Outcome) -> None:
        manifest = self._caches.application_set(key)
        if manifest is None:
            return
        children = self._caches.children(manifest)
        memory = self._memories.setdefault(key, Memory())
        made_of = (manifest.get("status"), *children)
        if outcome.rollout is not None or memory.outcome != outcome or not memory.status.holds(made_of):
            make = functools.partial(statuses.status, manifest.get("status"), outcome, children)
            now = rfc3339(self._clock.now())
            new = await asyncio.to_thread(make, now) if len(children) > LONG_STATUS_APPLICATIONS else make(now)
            written = await status.write(self._hub, manifest, new, subresource=True)
            self._caches.observe(written)
            if written is manifest:
                memory.outcome = outcome
                memory.status.keep(made_of, None)
        if outcome.is_whole and application_sets.REFRESH_ANNOTATION in manifests.annotations(manifest):
            await self._writes.patch_set(manifest, {"annotations": {application_sets.REFRESH_ANNOTATION: None}})


def _refusal(error: DokaSecaError, *, is_generated: bool) -> Outcome:
    is_rollout = error.reason == Reason.ROLLOUT_ERROR
    reason = Reason.ROLLOUT_ERROR if is_rollout else Reason.ERROR_OCCURRED
    return Outcome(reason=reason, parameters_generated=is_generated)
