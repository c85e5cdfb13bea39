"""The ApplicationSet controller: generation in, child Applications and a status out."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass

from dokaseca.controllers import application_set_events as events
from dokaseca.controllers import status
from dokaseca.generate import cluster_secret, expand, reconcile_plan
from dokaseca.generate import status as statuses
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.expand import Expansion, GenerationError
from dokaseca.generate.generators.context import Inputs, TreeOf
from dokaseca.generate.reconcile_plan import ReconcilePlan, Surroundings
from dokaseca.generate.status import Outcome
from dokaseca.kit import redact
from dokaseca.kit.clock import Clock, rfc3339
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import Reason, View
from dokaseca.model.errors import DokaSecaError, NotFoundError, TransientError, WaitingError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.reconcile import Controller, Result

log = logging.getLogger("dokaseca.generate")

ERROR_SECONDS = 180.0  # Argo CD: ReconcileRequeueOnValidationError
TRANSIENT_SECONDS = 15.0  # a repository or the API that does not answer is asked again sooner than a wrong spec
STATUS_EVENT_SECONDS = 1.0  # children change their sync and health often while they roll out: one write sees them all
LONG_PLAN_APPLICATIONS = 200  # about 10 ms of comparing: more than that leaves the event loop
WORKERS = 10  # Argo CD: concurrent reconciliations of ApplicationSets


@dataclass(frozen=True, slots=True)
class Caches:
    """The hub as its watches last showed it; each function takes a namespace, or a key.

    Attributes:
        application_set: one ApplicationSet, None when it is gone.
        application_sets: all of them, in all namespaces.
        cluster_secrets: the Secrets labelled `argocd.argoproj.io/secret-type: cluster`.
        projects: names of the AppProjects.
        applications: all Applications, whoever owns them.
        observe: takes an ApplicationSet or Application just written, so that the next read sees it.
    """

    application_set: Callable[[NamespacedName], Manifest | None]
    application_sets: Callable[[], Iterable[Manifest]]
    cluster_secrets: Callable[[str], Iterable[Manifest]]
    projects: Callable[[str], Collection[str]]
    applications: Callable[[str], Iterable[Manifest]]
    observe: Callable[[Manifest], None]


class ApplicationSetController:
    """Keeps the Applications of every ApplicationSet equal to what it generates.

    Args:
        hub: where ApplicationSets and Applications live.
        caches: what to read.
        tree: the files of (repository URL, revision as written).
        follow: called with each repository URL that generators use, so that its commits are watched.
        clock: for conditions and templates.
    """

    def __init__(self, hub: Cluster, caches: Caches, tree: TreeOf, follow: Callable[[str], None], clock: Clock) -> None:
        self._hub = hub
        self._caches = caches
        self._tree = tree
        self._follow = follow
        self._clock = clock
        self._repositories: dict[NamespacedName, frozenset[str]] = {}
        self._unsettled: set[NamespacedName] = set()
        self.controller: Controller[NamespacedName] = Controller("application-set", self._reconcile, workers=WORKERS)

    # --- events -----------------------------------------------------------------------------------------------------

    def on_application_set(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        """An ApplicationSet changed in the hub."""
        if new is None:
            self._repositories.pop(key, None)
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
                return await self._release(manifest)
            return await self._converge(key, manifest)
        except NotFoundError:  # the ApplicationSet went away while it was worked on: its watch says so too
            return Result()

    async def _converge(self, key: NamespacedName, manifest: Manifest) -> Result:
        try:
            view = application_sets.view(manifest)
            clusters = self._clusters(key.namespace)
            expansion = await expand.expand(manifest, Inputs(clusters, self._tree, self._clock))
            self._note_repositories(key, expansion.repositories)
            around = Surroundings(self._caches.projects(key.namespace), clusters)
            existing = list(self._caches.applications(key.namespace))
            plan = functools.partial(reconcile_plan.plan, view, expansion.applications, existing, around)
            is_long = len(expansion.applications) > LONG_PLAN_APPLICATIONS
            planned = await asyncio.to_thread(plan) if is_long else plan()
        except GenerationError as error:
            self._note_repositories(key, error.repositories)
            return await self._refuse(key, manifest, error.cause, error.reason)
        except DokaSecaError as error:
            return await self._refuse(key, manifest, error, Reason.ERROR_OCCURRED)
        outcome = await self._execute(view, planned)
        await self._write_status(key, outcome)
        return self._result(key, outcome, expansion)

    def _clusters(self, namespace: str) -> list[ClusterSecret]:
        """Registered clusters by Secret name.

        Raises:
            UserError: a Secret that cannot be read: which clusters there are is then unknown, so nothing may change.
        """
        secrets = sorted(self._caches.cluster_secrets(namespace), key=manifests.name)
        return [cluster_secret.from_secret(secret) for secret in secrets]

    def _note_repositories(self, key: NamespacedName, repositories: Iterable[tuple[str, str]]) -> None:
        urls = frozenset(url for url, _ in repositories)
        self._repositories[key] = urls
        for url in urls:
            self._follow(url)

    async def _refuse(self, key: NamespacedName, manifest: Manifest, error: DokaSecaError, reason: Reason) -> Result:
        """Generation failed: say so, and touch no Application."""
        self._unsettled.add(key)
        log.warning(
            "generation failed", extra={"fields": {"application_set": str(key), "error": redact.text(str(error))}}
        )
        await self._write_status(key, Outcome(redact.text(str(error)), reason, parameters_generated=False))
        if isinstance(error, WaitingError):
            return Result(error.retry_after_seconds)
        return Result(TRANSIENT_SECONDS if isinstance(error, TransientError) else ERROR_SECONDS)

    def _result(self, key: NamespacedName, outcome: Outcome, expansion: Expansion) -> Result:
        if not outcome.error:
            self._unsettled.discard(key)
            return Result(expansion.requeue_after_seconds)
        self._unsettled.add(key)
        return Result(ERROR_SECONDS if outcome.reason == Reason.VALIDATION_ERROR else TRANSIENT_SECONDS)

    # --- writing ----------------------------------------------------------------------------------------------------

    async def _execute(self, view: View, planned: ReconcilePlan) -> Outcome:
        """Carry the plan out; one Application's failure does not stop the others, the first by name is told."""
        failures: dict[str, tuple[Reason, str]] = {}
        for application in planned.create:
            await self._try(failures, Reason.CREATE_ERROR, application, self._create(application))
        for change in planned.update:
            await self._try(
                failures, Reason.UPDATE_ERROR, change.application, self._patch(change.application, change.patch)
            )
        for application in planned.delete:
            is_stranded = manifests.name(application) in planned.strip_finalizer
            await self._try(failures, Reason.DELETE_ERROR, application, self._delete(application, is_stranded))
        if planned.create or planned.update or planned.delete:
            _log_plan(view, planned, len(failures))
        if failures:
            reason, message = failures[min(failures)]
            return Outcome(message, reason)
        if planned.invalid:
            return Outcome(reconcile_plan.first_message(planned.invalid), Reason.VALIDATION_ERROR)
        return Outcome()

    async def _try(
        self, failures: dict[str, tuple[Reason, str]], reason: Reason, application: Manifest, work: Awaitable[None]
    ) -> None:
        try:
            await work
        except DokaSecaError as error:
            name = manifests.name(application)
            failures[name] = (reason, f"application {name}: {redact.text(error.message)}")

    async def _create(self, application: Manifest) -> None:
        self._caches.observe(await self._hub.create(application, field_manager=status.FIELD_MANAGER))

    async def _patch(self, application: Manifest, patch: Manifest) -> None:
        namespace, name = manifests.namespace(application), manifests.name(application)
        self._caches.observe(
            await self._hub.patch(applications.GVK, namespace, name, patch, field_manager=status.FIELD_MANAGER)
        )

    async def _delete(self, application: Manifest, is_stranded: bool) -> None:
        """Delete a child; one whose cluster is gone loses its cascade first, for it could never end."""
        if is_stranded:
            finalizers = manifests.metadata(application).get("finalizers") or []
            kept = [each for each in finalizers if not str(each).startswith(applications.FINALIZER)]
            if kept != finalizers:
                await self._patch(application, {"metadata": {"finalizers": kept or None}})
        namespace, name = manifests.namespace(application), manifests.name(application)
        try:
            await self._hub.delete(applications.GVK, namespace, name, uid=manifests.uid(application))
        except NotFoundError:
            return

    async def _write_status(self, key: NamespacedName, outcome: Outcome) -> None:
        manifest = self._caches.application_set(key)
        if manifest is None:
            return
        children = reconcile_plan.children(manifest, self._caches.applications(key.namespace))
        new = statuses.status(manifest.get("status"), outcome, children, rfc3339(self._clock.now()))
        self._caches.observe(await status.write(self._hub, manifest, new, subresource=True))
        if application_sets.REFRESH_ANNOTATION in manifests.annotations(manifest):
            patch = {"metadata": {"annotations": {application_sets.REFRESH_ANNOTATION: None}}}
            await self._hub.patch(
                application_sets.GVK, key.namespace, key.name, patch, field_manager=status.FIELD_MANAGER
            )

    async def _release(self, manifest: Manifest) -> Result:
        """The ApplicationSet goes: children follow by owner reference, unless its policy forbids deletion."""
        namespace, name = manifests.namespace(manifest), manifests.name(manifest)
        if not _may_delete(manifest):
            for child in reconcile_plan.children(manifest, self._caches.applications(namespace)):
                references = manifests.metadata(child).get("ownerReferences") or []
                kept = [each for each in references if not each.get("controller")]
                await self._patch(child, {"metadata": {"ownerReferences": kept or None}})
        finalizers = manifests.metadata(manifest).get("finalizers") or []
        if application_sets.FINALIZER in finalizers:
            kept_finalizers = [each for each in finalizers if each != application_sets.FINALIZER]
            patch = {"metadata": {"finalizers": kept_finalizers or None}}
            await self._hub.patch(application_sets.GVK, namespace, name, patch, field_manager=status.FIELD_MANAGER)
        return Result()


def _may_delete(manifest: Manifest) -> bool:
    """What the policy says; a spec that cannot be read says no."""
    try:
        return application_sets.view(manifest).policy.may_delete
    except DokaSecaError:
        return False


def _log_plan(view: View, planned: ReconcilePlan, failed: int) -> None:
    log.info(
        "generated",
        extra={
            "fields": {
                "application_set": str(view.key),
                "created": len(planned.create),
                "changed": len(planned.update),
                "deleted": len(planned.delete),
                "invalid": len(planned.invalid),
                "failed": failed,
            }
        },
    )
