"""What the ApplicationSet controller writes to the hub: children as planned, finalizers, owner references."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from dokaseca.controllers import status
from dokaseca.controllers.application_set_recorder import Recorder
from dokaseca.generate import reconcile_plan
from dokaseca.generate.reconcile_plan import ReconcilePlan
from dokaseca.generate.status import Outcome
from dokaseca.kit import redact
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import Reason
from dokaseca.model.errors import ConflictError, DokaSecaError, NotFoundError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

log = logging.getLogger("dokaseca.generate")


class Writes:
    """Carries plans out.

    Args:
        hub: where ApplicationSets and Applications live.
        observe: takes in what a write returned, ahead of the watch.
        recorder: tells what was done.
    """

    def __init__(self, hub: Cluster, observe: Callable[[Manifest], None], recorder: Recorder) -> None:
        self._hub = hub
        self._observe = observe
        self._recorder = recorder

    async def carry_out(self, application_set: Manifest, planned: ReconcilePlan) -> Outcome:
        """Create, update, delete; one Application's failure does not stop the others, the first by name is told."""
        failures: dict[str, tuple[Reason, str]] = {}
        for application in planned.create:
            await _try(failures, Reason.CREATE_ERROR, application, self._create(application_set, application))
        for change in planned.update:
            work = self._update(application_set, change.application, change.patch)
            await _try(failures, Reason.UPDATE_ERROR, change.application, work)
        for application in planned.delete:
            is_stranded = manifests.name(application) in planned.strip_finalizer
            work = self.delete(application_set, application, is_stranded=is_stranded)
            await _try(failures, Reason.DELETE_ERROR, application, work)
        _log(application_set, planned, len(failures))
        if failures:
            reason, message = failures[min(failures)]
            return Outcome(message, reason)
        if planned.invalid:
            return Outcome(reconcile_plan.first_message(planned.invalid), Reason.VALIDATION_ERROR)
        return Outcome()

    async def delete(self, application_set: Manifest, application: Manifest, *, is_stranded: bool = False) -> None:
        """Delete a child; one whose cluster is gone loses its cascade first, for it could never end."""
        namespace, name = manifests.namespace(application), manifests.name(application)
        if is_stranded:
            finalizers = _finalizers(application)
            kept = [each for each in finalizers if not str(each).startswith(applications.FINALIZER)]
            if kept != finalizers:
                await self._patch_child(application, {"metadata": {"finalizers": kept or None}})
                told = f'Updated Application "{name}" finalizer before deletion, because it has an invalid destination'
                await self._recorder.tell(application_set, "Updated", told)
        try:
            await self._hub.delete(applications.GVK, namespace, name, uid=manifests.uid(application))
        except NotFoundError:
            return
        await self._recorder.tell(application_set, "Deleted", f'Deleted Application "{name}"')

    async def let_go(self, children: Sequence[Manifest]) -> None:
        """Take the controller reference off, so that the children outlive their ApplicationSet."""
        for child in children:
            references = manifests.metadata(child).get("ownerReferences") or []
            kept = [each for each in references if not each.get("controller")]
            await self._patch_child(child, {"metadata": {"ownerReferences": kept or None}})

    async def refresh(self, application: Manifest) -> None:
        """Ask for a new comparison.

        Raises:
            NotFoundError: it is gone.
        """
        await self._patch_child(application, {"metadata": {"annotations": {applications.REFRESH_ANNOTATION: "normal"}}})

    async def set_finalizer(self, application_set: Manifest, *, present: bool) -> None:
        """Put Argo CD's finalizer on the ApplicationSet, or take it off; nothing is written when it is as wanted.

        Raises:
            ConflictError: the ApplicationSet changed since it was read: the finalizers of others must stay.
        """
        finalizers = _finalizers(application_set)
        if (application_sets.FINALIZER in finalizers) is present:
            return
        kept = [each for each in finalizers if each != application_sets.FINALIZER]
        wanted = [*kept, application_sets.FINALIZER] if present else kept
        version = manifests.resource_version(application_set)
        await self.patch_set(application_set, {"finalizers": wanted or None, "resourceVersion": version})

    async def patch_set(self, application_set: Manifest, metadata: dict[str, Any]) -> None:
        """Merge `metadata` into the ApplicationSet's."""
        namespace, name = manifests.namespace(application_set), manifests.name(application_set)
        patch = {"metadata": metadata}
        self._observe(
            await self._hub.patch(application_sets.GVK, namespace, name, patch, field_manager=status.FIELD_MANAGER)
        )

    async def _create(self, application_set: Manifest, application: Manifest) -> None:
        namespace, name = manifests.namespace(application), manifests.name(application)
        try:
            self._observe(await self._hub.create(application, field_manager=status.FIELD_MANAGER))
        except ConflictError as error:
            live = await self._hub.get(applications.GVK, namespace, name)  # two ApplicationSets may give one name
            self._observe(live)
            problem = reconcile_plan.owner_problem(application_set, live)
            if not problem:
                raise
            raise ConflictError(problem, reason=error.reason) from error
        await self._recorder.tell(application_set, "created", f'created Application "{name}"')

    async def _update(self, application_set: Manifest, application: Manifest, patch: Manifest) -> None:
        await self._patch_child(application, patch)
        name = manifests.name(application)
        await self._recorder.tell(application_set, "updated", f'updated Application "{name}"')

    async def _patch_child(self, application: Manifest, patch: Manifest) -> None:
        namespace, name = manifests.namespace(application), manifests.name(application)
        self._observe(
            await self._hub.patch(applications.GVK, namespace, name, patch, field_manager=status.FIELD_MANAGER)
        )


async def _try(
    failures: dict[str, tuple[Reason, str]], reason: Reason, application: Manifest, work: Awaitable[None]
) -> None:
    try:
        await work
    except DokaSecaError as error:
        name = manifests.name(application)
        message = redact.text(error.message)
        is_named = message.startswith(f"application {name} ")
        failures[name] = (reason, message if is_named else f"application {name}: {message}")
    await asyncio.sleep(0)  # a hub in this very process answers at once: others get their turn between two writes


def _finalizers(manifest: Manifest) -> list[Any]:
    return list(manifests.metadata(manifest).get("finalizers") or [])


def _log(application_set: Manifest, planned: ReconcilePlan, failed: int) -> None:
    counts = {
        "created": len(planned.create),
        "changed": len(planned.update),
        "deleted": len(planned.delete),
        "invalid": len(planned.invalid),
        "failed": failed,
    }
    if planned.create or planned.update or planned.delete:
        name = f"{manifests.namespace(application_set)}/{manifests.name(application_set)}"
        log.info("generated", extra={"fields": {"application_set": name, **counts}})
