"""The Application controller: events in, passes through the corridor, statuses out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dokaseca.controllers import application_events, application_status, outcome, status
from dokaseca.engine import deletion_hooks, superseding, teardown, underway
from dokaseca.engine.context import Context
from dokaseca.engine.result import Advance, Pass
from dokaseca.kit import json_merge
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.condition import Condition
from dokaseca.model.errors import ConflictError, DokaSecaError, NotFoundError, UserError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.reconcile import Controller, Result

log = logging.getLogger("dokaseca.sync")

RESYNC_SECONDS = 180.0  # Argo CD: timeout.reconciliation 120 s plus up to 60 s of jitter
TEARDOWN_SECONDS = 2.0  # objects that go are seen at once; this is for those that nobody watches
LIVE_EVENT_SECONDS = 0.02  # a rollout changes an object many times in a row: one pass sees them all
AGAIN_SECONDS = 0.2  # the change that was faster is on its way through the watch
WRITE_ATTEMPTS = 5  # at a status that others change at the same time
WORKERS = 16


class ApplicationController:
    """Keeps every Application's cluster equal to its repositories.

    Args:
        hub: where Applications live.
        read: the Application as the hub's watch last showed it, None when it is gone.
        observe: takes in what a write returned, ahead of the watch.
        follow: called with every repository URL in use; knows which are new.
    """

    def __init__(
        self,
        hub: Cluster,
        read: Callable[[NamespacedName], Manifest | None],
        observe: Callable[[Manifest], None],
        follow: Callable[[str], None],
    ) -> None:
        self._hub = hub
        self._read = read
        self._observe = observe
        self._follow = follow
        self._context: Context | None = None
        self._index = application_events.Index()
        self.controller: Controller[NamespacedName] = Controller("application", self._reconcile, workers=WORKERS)

    def attach(self, context: Context) -> None:
        """Give the controller its engine; the context's `begin` is this controller's `begin`."""
        self._context = context
        context.destinations.listen(self.on_live_change)

    def on_application(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        """An Application changed in the hub."""
        self._index.replace(key, old, new)
        if new is not None:
            for url in application_events.repositories(new):
                self._follow(url)
        if application_events.concerns_dependents(old, new):
            self._enqueue(self._index.by_dependency.get(str(key)))
        if application_events.concerns_engine(old, new):
            self.controller.enqueue(key)

    def on_live_change(self, owners: Iterable[str | None]) -> None:
        """A live object changed: `owners` are the Application instances that tracked it before and after."""
        for instance in {owner for owner in owners if owner}:
            namespace, separator, name = instance.rpartition("_")
            key = NamespacedName(namespace, name) if separator else NamespacedName("argocd", instance)
            self.controller.queue.add_after(key, LIVE_EVENT_SECONDS)

    def on_repository(self, url: str) -> None:
        """A repository has new commits, or can (not) be read any more."""
        self._enqueue(self._index.by_repository.get(url))

    def on_project(self, name: str) -> None:
        """An AppProject changed."""
        self._enqueue(self._index.by_project.get(name))

    def on_cluster(self, name: str, server: str) -> None:
        """A cluster was registered, changed or removed."""
        self._enqueue(self._index.by_cluster.get(f"name:{name}"))
        self._enqueue(self._index.by_cluster.get(f"server:{server}"))

    async def begin(
        self, key: NamespacedName, state: Mapping[str, Any], resources: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        """Record that an operation starts, and what it may touch: durable before the cluster is touched.

        Raises:
            NotFoundError: the Application was deleted meanwhile.
        """
        manifest = self._read(key)
        if manifest is None:
            raise NotFoundError("the Application was deleted meanwhile", subject=f"Application {key}")
        merged = application_status.of_begin(manifest, state, resources)
        operation = json_merge.between(manifest.get("operation") or {}, state["operation"])
        self._observe(await status.write(self._hub, manifest, merged, subresource=False, more={"operation": operation}))

    async def run(self) -> None:
        """Work until cancelled."""
        await self.controller.run()

    def _enqueue(self, keys: Iterable[NamespacedName] | None) -> None:
        for key in tuple(keys or ()):
            self.controller.enqueue(key)

    async def _reconcile(self, key: NamespacedName) -> Result:
        context = self._context
        if context is None:
            return Result()
        manifest = self._read(key)
        if manifest is None:
            context.progress.pop(key, None)
            context.timings.forget(key)
            context.destinations.forget(applications.instance(key))
            return Result()
        try:
            if manifests.is_deleting(manifest):
                return await self._tear_down(applications.leaving(manifest), context)
            application = applications.view(manifest)
            passed = await superseding.walk(application, context)
        except DokaSecaError as error:
            return await self._fail(key, error, context)
        try:
            return await self._succeed(application, passed, context)
        except UserError as error:  # the hub refuses the status as it is: the same pass would end the same way
            return await self._fail(key, error, context)

    async def _succeed(self, before: Application, passed: Pass, context: Context) -> Result:
        def patch(current: Manifest) -> tuple[dict[str, Any], dict[str, Any]]:
            view = applications.view(current)
            new = application_status.of_pass(view, passed, context.clock.now())
            done = (passed.operation.state or {}).get("operation") if passed.operation.finished else None
            return new, {**_cleared(current, done), **_answered(before.refresh)}

        await self._write(before.key, patch)
        await self._guard(before, passed)
        if passed.operation.finished:
            _log_sync(before.key, passed.operation)
        wait = passed.operation.retry_after_seconds
        return Result(requeue_after_seconds=RESYNC_SECONDS if wait is None else wait)

    async def _guard(self, application: Application, passed: Pass) -> None:
        """Hold the Application until its deletion hooks have run, where Git has any."""
        current = self._read(application.key)
        if current is None or manifests.is_deleting(current):
            return
        finalizers = list(manifests.metadata(current).get("finalizers") or ())
        lacking = deletion_hooks.wanted(passed.rendered.objects, finalizers)
        if lacking:
            await self._set_finalizers(current, [*finalizers, *lacking])

    async def _fail(self, key: NamespacedName, error: DokaSecaError, context: Context) -> Result:
        found = outcome.of(error)

        def patch(current: Manifest) -> tuple[dict[str, Any], dict[str, Any]]:
            now = context.clock.now()
            condition = found.condition
            if manifests.is_deleting(current):
                condition = Condition("DeletionError", condition.message)
            new = application_status.of_error(current, condition, now)
            ended = underway.refused(current, condition.message, now, lasting=found.is_lasting)
            if ended:
                context.progress.pop(key, None)
                new["operationState"] = ended
            refresh = manifests.annotations(current).get(applications.REFRESH_ANNOTATION, "")
            return new, {**_cleared(current, ended.get("operation")), **_answered(refresh)}

        await self._write(key, patch)
        return Result(requeue_after_seconds=found.retry_after_seconds)

    async def _write(
        self, key: NamespacedName, patch: Callable[[Manifest], tuple[dict[str, Any], dict[str, Any]]]
    ) -> None:
        """Write the status and what `patch` adds, computed anew when somebody else was faster.

        An Application that is gone needs no status.
        """
        current = self._read(key)
        for _ in range(WRITE_ATTEMPTS):
            if current is None:
                return
            new, more = patch(current)
            if "operation" in more:  # a request that came in meanwhile must not be cleared with the one that is done
                version = {"resourceVersion": manifests.resource_version(current)}
                more["metadata"] = {**more.get("metadata", {}), **version}
            try:
                self._observe(await status.write(self._hub, current, new, subresource=False, more=more))
            except ConflictError:
                current = await self._read_again(key)
                continue
            except NotFoundError:
                return
            return
        raise ConflictError("the Application changes faster than its status can be written", subject=f"{key}")

    async def _read_again(self, key: NamespacedName) -> Manifest | None:
        try:
            current = await self._hub.get(applications.GVK, key.namespace, key.name)
        except NotFoundError:
            return None
        self._observe(current)
        return current

    async def _tear_down(self, application: Application, context: Context) -> Result:
        context.progress.pop(application.key, None)
        if deletion_hooks.pending_or_none(application, deletion_hooks.PRE):
            return await self._run_hooks(application, deletion_hooks.PRE, context)
        state = await teardown.step(application, context)
        if state.blocked:
            condition = Condition("DeletionError", state.blocked)
            new = application_status.of_error(application.manifest, condition, context.clock.now())
            self._observe(await status.write(self._hub, application.manifest, new, subresource=False))
        if not state.is_done:
            return Result(requeue_after_seconds=TEARDOWN_SECONDS)
        if await self._release(application, applications.FINALIZER):
            return Result()  # that change brings the Application here again, if it is held for hooks
        if deletion_hooks.pending_or_none(application, deletion_hooks.POST):
            return await self._run_hooks(application, deletion_hooks.POST, context)
        return Result()

    async def _run_hooks(self, application: Application, stage: str, context: Context) -> Result:
        """The hooks before or after the objects go; the stage's finalizer goes when they have ended."""
        state = await deletion_hooks.step(applications.view(application.manifest), stage, context)
        if state.failed:
            condition = Condition("DeletionError", state.failed)
            new = application_status.of_error(application.manifest, condition, context.clock.now())
            self._observe(await status.write(self._hub, application.manifest, new, subresource=False))
            return Result(requeue_after_seconds=outcome.STALLED_SECONDS)
        if state.waiting_for:
            return Result(requeue_after_seconds=TEARDOWN_SECONDS)
        await self._release(application, deletion_hooks.FINALIZERS[stage])
        return Result()

    async def _set_finalizers(self, current: Manifest, finalizers: list[str]) -> bool:
        """Whether they were written; who changed or removed the Application meanwhile brings it here again."""
        metadata = {"finalizers": finalizers, "resourceVersion": manifests.resource_version(current)}
        where = manifests.namespace(current), manifests.name(current)
        try:
            written = await self._hub.patch(
                applications.GVK, *where, {"metadata": metadata}, field_manager=status.FIELD_MANAGER
            )
        except (NotFoundError, ConflictError):
            return False
        if finalizers or not manifests.is_deleting(current):
            self._observe(written)
        return True

    async def _release(self, application: Application, finalizer: str) -> bool:
        """Take a finalizer off in all its forms, so that the Application may go; whether there was one."""
        finalizers = manifests.metadata(application.manifest).get("finalizers") or ()
        remaining = [str(one) for one in finalizers if str(one).partition("/")[0] != finalizer]
        if len(remaining) == len(finalizers):
            return False
        if not await self._set_finalizers(application.manifest, remaining):
            self.controller.queue.add_after(application.key, AGAIN_SECONDS)
            return True
        key = application.key
        if remaining:
            self.controller.enqueue(key)
            return True
        log.info("application deleted", extra={"fields": {"application": str(key)}})
        return True


def _cleared(current: Manifest, done: Mapping[str, Any] | None) -> dict[str, Any]:
    """Take the requested operation off when it is the one that is done."""
    return {"operation": None} if done and current.get("operation") == done else {}


def _answered(refresh: str) -> dict[str, Any]:
    return {"metadata": {"annotations": {applications.REFRESH_ANNOTATION: None}}} if refresh else {}


def _log_sync(key: NamespacedName, operation: Advance) -> None:
    state = operation.state or {}
    result = state.get("syncResult") or {}
    revisions = result.get("revisions") or [result.get("revision", "")]
    log.info(
        "synced" if state.get("phase") == "Succeeded" else "sync failed",
        extra={
            "fields": {
                "application": str(key),
                "phase": state.get("phase"),
                "revision": ",".join(str(one)[:12] for one in revisions),
                **operation.counts,
                "duration_seconds": application_status.duration_seconds(state),
                "message": state.get("message", ""),
            }
        },
    )
