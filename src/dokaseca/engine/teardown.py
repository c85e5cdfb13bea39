"""The way out: an Application's objects deleted in order, before its finalizer lets it go (Argo CD: B10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dokaseca.engine import comparing, permitting
from dokaseca.engine.context import Context
from dokaseca.engine.destinations import Registration
from dokaseca.engine.live_state import LiveState
from dokaseca.flow.sync import options, order, prune
from dokaseca.kit import clock as clocks
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.errors import NotFoundError
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import DELETION_APPROVED
from dokaseca.policy import gate
from dokaseca.ports.cluster import Cluster, Propagation


@dataclass(frozen=True, slots=True)
class Teardown:
    """How far the deletion is: `remaining` objects are still there; `blocked` says what a person must do."""

    remaining: int
    blocked: str = ""

    @property
    def is_done(self) -> bool:
        return self.remaining == 0 and not self.blocked


async def step(application: Application, context: Context) -> Teardown:
    """Delete the next wave, highest first, once the one before has gone.

    Raises:
        TransientError: the cluster does not answer.
        UserError: several clusters have the name, or its Secret cannot be used.
        DeniedError: the project names no ServiceAccount to delete as, where settings ask for one.
    """
    propagation = _propagation_or_none(application)
    if propagation is None:
        return Teardown(0)
    if not context.destinations.is_known(application.destination):
        return Teardown(0)  # the cluster is not registered any more: there is nothing that could be deleted
    destination = context.destinations.find(application.destination)
    live = context.destinations.live(destination)
    said = frozenset(application.sync_options)
    may_delete = await _permitted(application, destination, live, context)
    owned = {
        key: one
        for key, one in (await _owned(application, live)).items()
        if not prune.is_kept_on_delete(one, said) and not _is_itself(application, key) and may_delete(key)
    }
    if not owned:
        return Teardown(0)
    unconfirmed = [key for key, one in owned.items() if options.value(one, "Delete", said) == "confirm"]
    if unconfirmed and not _is_approved(application):
        return Teardown(
            len(owned),
            f"{unconfirmed[0]} wants its deletion confirmed: set annotation {DELETION_APPROVED} to the time",
        )
    if any(manifests.is_deleting(one) for one in owned.values()):
        return Teardown(len(owned))
    cluster = permitting.acting(application, context.projects(application.project), live, context)
    highest = max(order.wave(one) for one in owned.values())
    for key, one in owned.items():
        if order.wave(one) == highest:
            await _delete(cluster, key, one, "Background" if prune.is_followed_by_its_own(one) else propagation)
    return Teardown(len(owned))


async def _permitted(
    application: Application, destination: Registration, live: LiveState, context: Context
) -> Callable[[ObjectKey], bool]:
    """Whether the project lets the Application hold, and so delete, an object; one that is gone forbids nothing."""
    project = context.projects(application.project)
    if project is None:
        return lambda key: True
    place = await permitting.place(destination, live.cluster)
    return lambda key: gate.permits(key, project, place).allowed


def _is_itself(application: Application, key: ObjectKey) -> bool:
    """An Application that manages itself goes last: when its finalizer does."""
    return key == manifests.key(application.manifest)


async def _owned(application: Application, live: LiveState) -> Mapping[ObjectKey, Manifest]:
    await live.follow(await comparing.kinds_of_last_time(application, live))
    return live.owned_by(application.instance)


async def _delete(cluster: Cluster, key: ObjectKey, one: Manifest, propagation: Propagation) -> None:
    try:
        await cluster.delete(
            manifests.gvk(one), key.namespace, key.name, propagation=propagation, uid=manifests.uid(one)
        )
    except NotFoundError:
        return


def _propagation_or_none(application: Application) -> Propagation | None:
    """How the Application's finalizer wants its objects deleted; None without one: they are left alone."""
    for finalizer in manifests.metadata(application.manifest).get("finalizers") or ():
        if finalizer == f"{applications.FINALIZER}/background":
            return "Background"
        if finalizer in (applications.FINALIZER, f"{applications.FINALIZER}/foreground"):
            return "Foreground"
    return None


def _is_approved(application: Application) -> bool:
    approved = manifests.annotations(application.manifest).get(DELETION_APPROVED, "")
    asked = str(manifests.metadata(application.manifest).get("deletionTimestamp") or "")
    try:
        return clocks.parse_rfc3339(approved) >= clocks.parse_rfc3339(asked)
    except ValueError:
        return False
