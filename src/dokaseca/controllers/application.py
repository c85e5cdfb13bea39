"""The Application controller: events in, passes through the corridor, statuses out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dokaseca.controllers import application_events, application_status, outcome, status
from dokaseca.engine import operations, teardown
from dokaseca.engine.context import Context
from dokaseca.engine.one_pass import one_pass
from dokaseca.engine.result import Advance, Pass
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.condition import Condition
from dokaseca.model.errors import DokaSecaError, NotFoundError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.reconcile import Controller, Result

log = logging.getLogger("dokaseca.sync")

RESYNC_SECONDS = 180.0  # Argo CD: timeout.reconciliation 120 s plus up to 60 s of jitter
LIVE_EVENT_SECONDS = 0.02  # a rollout changes an object many times in a row: one pass sees them all
WORKERS = 16


class ApplicationController:
    """Keeps every Application's cluster equal to its repositories.

    Args:
        hub: where Applications live.
        read: the Application as the hub's watch last showed it, None when it is gone.
        follow: called with the set of repository URLs in use whenever it grows.
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

    def on_application(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        """An Application changed in the hub."""
        self._index.replace(key, old, new)
        if new is not None:
            for url in application_events.repositories(new):
                self._follow(url)
        if application_events.concerns_engine(old, new):
            self.controller.enqueue(key)

    def on_live_change(self, owners: Iterable[str | None]) -> None:
        """A live object changed: `owners` are the Application instances that tracked it before and after."""
        for instance in {owner for owner in owners if owner}:
            namespace, separator, name = instance.rpartition("_")
            key = NamespacedName(namespace, name) if separator else NamespacedName("argocd", instance)
            self.controller.queue.add_after(key, LIVE_EVENT_SECONDS)

    def on_repository(self, url: str) -> None:
        """A repository has new commits."""
        self._enqueue(self._index.by_repository.get(url))

    def on_project(self, name: str) -> None:
        """An AppProject changed."""
        self._enqueue(self._index.by_project.get(name))

    def on_cluster(self, name: str, server: str) -> None:
        """A cluster was registered, changed or removed."""
        self._enqueue(self._index.by_cluster.get(f"name:{name}"))
        self._enqueue(self._index.by_cluster.get(f"server:{server}"))

    async def begin(self, key: NamespacedName, state: Mapping[str, Any]) -> None:
        """Record that an operation starts: durable before the cluster is touched."""
        manifest = self._read(key)
        if manifest is None:
            raise NotFoundError("the Application was deleted meanwhile", subject=f"Application {key}")
        merged = {**(manifest.get("status") or {}), "operationState": dict(state)}
        self._observe(
            await status.write(
                self._hub, manifest, merged, subresource=False, more={"operation": dict(state["operation"])}
            )
        )

    async def run(self) -> None:
        """Work until cancelled."""
        await self.controller.run()

    def _enqueue(self, keys: Iterable[NamespacedName] | None) -> None:
        for key in tuple(keys or ()):
            self.controller.enqueue(key)

    async def _reconcile(self, key: NamespacedName) -> Result:
        manifest = self._read(key)
        if manifest is None or self._context is None:
            return Result()
        try:
            application = applications.view(manifest)
            if manifests.is_deleting(manifest):
                return await self._tear_down(application, self._context)
            passed = await one_pass(operations.effective(application), self._context)
        except NotFoundError:
            return Result(requeue_after_seconds=1.0)
        except DokaSecaError as error:
            return await self._fail(key, error)
        return await self._succeed(key, application, passed)

    async def _succeed(self, key: NamespacedName, before: Application, passed: Pass) -> Result:
        current = self._read(key)
        if current is None or self._context is None:
            return Result()
        new = application_status.of_pass(applications.view(current), passed, self._context.clock.now())
        more: dict[str, Any] = {}
        if passed.operation.finished:
            more["operation"] = None
        if before.refresh:
            more["metadata"] = {"annotations": {applications.REFRESH_ANNOTATION: None}}
        self._observe(await status.write(self._hub, current, new, subresource=False, more=more))
        if passed.operation.finished:
            _log_sync(key, passed.operation)
        wait = passed.operation.retry_after_seconds
        return Result(requeue_after_seconds=RESYNC_SECONDS if wait is None else wait)

    async def _fail(self, key: NamespacedName, error: DokaSecaError) -> Result:
        current = self._read(key)
        if current is None or self._context is None:
            return Result()
        found = outcome.of(error)
        new = application_status.of_error(current, found.condition, self._context.clock.now())
        self._observe(await status.write(self._hub, current, new, subresource=False))
        return Result(requeue_after_seconds=found.retry_after_seconds)

    async def _tear_down(self, application: Application, context: Context) -> Result:
        state = await teardown.step(application, context)
        if state.blocked:
            condition = Condition("DeletionError", state.blocked)
            new = application_status.of_error(application.manifest, condition, context.clock.now())
            self._observe(await status.write(self._hub, application.manifest, new, subresource=False))
        if not state.is_done:
            return Result(requeue_after_seconds=2.0)
        remaining = [
            one
            for one in manifests.metadata(application.manifest).get("finalizers") or ()
            if not str(one).startswith(applications.FINALIZER)
        ]
        await self._hub.patch(
            applications.GVK, application.key.namespace, application.key.name, {"metadata": {"finalizers": remaining}}
        )
        return Result()


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
