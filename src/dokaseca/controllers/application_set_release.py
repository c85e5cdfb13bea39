"""An ApplicationSet goes: its children follow, stay, or wait for a person.

Argo CD leaves the children to the garbage collector, which takes them all. When a parent (an Application, by its
tracking annotation) prunes an ApplicationSet, that is how a moved folder takes a fleet down. So an ApplicationSet that
has a parent carries Argo CD's own finalizer, which Argo CD takes off as well, and its deletion is judged by the same
budget as any other. Without a parent, whoever deleted it meant it: then there is no finalizer, and nothing to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dokaseca.controllers.application_set_guard import Guard
from dokaseca.controllers.application_set_writes import Writes
from dokaseca.generate import deletion_guard, reconcile_plan, rollout_strategy
from dokaseca.generate.deletion_guard import Held
from dokaseca.kit import clock as clocks
from dokaseca.kit.clock import Clock
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

TRACKING_ANNOTATION = "argocd.argoproj.io/tracking-id"
RELEASED_ANNOTATION = "dokaseca.dev/deletion-admitted"
STUCK_SECONDS = 120.0  # Argo CD: staleCacheThreshold
LEAVING_SECONDS = 10.0  # Argo CD asks as often whether children are gone; each that goes wakes us
_NAMESPACE = GroupVersionKind("", "v1", "Namespace")


@dataclass(frozen=True, slots=True)
class Step:
    """How far a release is: what waits for a person, what is wrong, and when to look again (None: it is done)."""

    held: Held | None = None
    error: str = ""
    again_seconds: float | None = None


def needs_finalizer(application_set: Manifest) -> bool:
    """Whether its deletion must pass through here: it is judged, or takes its children down in an order."""
    if not may_delete(application_set):
        return False
    try:
        strategy = rollout_strategy.of(application_set)
        return _is_judged(application_set) or (strategy is not None and strategy.is_deleted_in_reverse)
    except UserError:
        return TRACKING_ANNOTATION in manifests.annotations(application_set)


def may_delete(application_set: Manifest) -> bool:
    """What the policy says; a spec that cannot be read says no."""
    try:
        return application_sets.view(application_set).policy.may_delete
    except DokaSecaError:
        return False


def _is_judged(application_set: Manifest) -> bool:
    """Whether the guard is asked: a parent may have deleted it, and there is a limit."""
    has_parent = TRACKING_ANNOTATION in manifests.annotations(application_set)
    return has_parent and not deletion_guard.budget(application_set).is_unlimited


class Release:
    """Takes a deleted ApplicationSet's children down.

    Args:
        hub: where namespaces and Applications can be looked up.
        applications: all Applications of a namespace.
    """

    def __init__(
        self,
        hub: Cluster,
        writes: Writes,
        guard: Guard,
        applications: Callable[[str], Iterable[Manifest]],
        clock: Clock,
    ) -> None:
        self._hub = hub
        self._writes = writes
        self._guard = guard
        self._applications = applications
        self._clock = clock

    async def step(self, application_set: Manifest) -> Step:
        """One step on the way out.

        Raises:
            ConflictError: the ApplicationSet changed meanwhile.
            UserError: its budget or strategy does not parse.
        """
        children = reconcile_plan.children(application_set, self._applications(manifests.namespace(application_set)))
        if not may_delete(application_set):
            await self._writes.let_go(children)
            children = []
        elif await self._is_decided(application_set):
            children = []  # the garbage collector does with them what was asked for
        if children:
            held = await self._judge(application_set, children)
            error = "" if held is not None else await self._take_down(application_set, children)
            if held is not None or error is not None:
                return Step(held, error or "", LEAVING_SECONDS)
        await self._writes.set_finalizer(application_set, present=False)
        return Step()

    async def _judge(self, application_set: Manifest, children: list[Manifest]) -> Held | None:
        """Ask the guard once; its answer is written down, for a list that shrinks would need another approval."""
        if not _is_judged(application_set) or RELEASED_ANNOTATION in manifests.annotations(application_set):
            return None
        leaving = [one for one in children if not manifests.is_deleting(one)]
        held = self._guard.admit(application_set, leaving, len(children)).held
        if held is None and leaving:
            admitted = {RELEASED_ANNOTATION: deletion_guard.list_digest(leaving)}
            await self._writes.patch_set(application_set, {"annotations": admitted})
        return held

    async def _take_down(self, application_set: Manifest, children: list[Manifest]) -> str | None:
        """Delete those whose turn it is.

        Returns:
            None when nobody is left to wait for, else what is wrong, empty when it only takes its time.
        """
        strategy = rollout_strategy.of(application_set)
        if strategy is None or not strategy.is_deleted_in_reverse:
            for child in children:
                if not manifests.is_deleting(child):
                    await self._writes.delete(application_set, child)
            return ""
        members = rollout_strategy.membership(strategy, children)
        in_order = [one for one in children if manifests.name(one) in members.step_of]
        in_order.sort(key=lambda one: (-members.step_of[manifests.name(one)], manifests.name(one)))
        for child in in_order:
            if not manifests.is_deleting(child):
                await self._writes.delete(application_set, child)
                return ""
            if await self._is_there(child):
                return self._stuck(child)
        return None  # those in no step are the garbage collector's (Argo CD)

    async def _is_there(self, child: Manifest) -> bool:
        """Whether a child that has been leaving for long is really there still: a watch may have missed its end."""
        if self._leaving_seconds(child) < STUCK_SECONDS:
            return True
        try:
            await self._hub.get(applications.GVK, manifests.namespace(child), manifests.name(child))
        except NotFoundError:
            return False
        return True

    def _stuck(self, child: Manifest) -> str:
        if self._leaving_seconds(child) < STUCK_SECONDS:
            return ""
        minutes = STUCK_SECONDS / 60
        return f"application {manifests.name(child)} has not been deleted in over {minutes:g} minutes; see its status"

    def _leaving_seconds(self, child: Manifest) -> float:
        since = str(manifests.metadata(child).get("deletionTimestamp") or "")
        return (self._clock.now() - clocks.parse_rfc3339(since)).total_seconds()

    async def _is_decided(self, application_set: Manifest) -> bool:
        """Whether somebody said what becomes of the children: an orphaning deletion, or that of the whole namespace."""
        finalizers = manifests.metadata(application_set).get("finalizers") or []
        if application_sets.FINALIZER not in finalizers or "orphan" in finalizers:
            return True
        try:
            namespace = await self._hub.get(_NAMESPACE, "", manifests.namespace(application_set))
        except DokaSecaError:
            return False
        return manifests.is_deleting(namespace)
