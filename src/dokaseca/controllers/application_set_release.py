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
from dokaseca.generate import deletion_guard, reconcile_plan
from dokaseca.generate.deletion_guard import Held
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import DokaSecaError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster

TRACKING_ANNOTATION = "argocd.argoproj.io/tracking-id"
RELEASED_ANNOTATION = "dokaseca.dev/deletion-admitted"
LEAVING_SECONDS = 10.0  # Argo CD asks as often whether children are gone; each that goes wakes us
_NAMESPACE = GroupVersionKind("", "v1", "Namespace")


@dataclass(frozen=True, slots=True)
class Step:
    """How far a release is: what waits for a person, and when to look again (None: it is done)."""

    held: Held | None = None
    again_seconds: float | None = None


def needs_finalizer(application_set: Manifest) -> bool:
    """Whether its deletion must be judged: it has a parent, may delete its children, and there is a limit."""
    if TRACKING_ANNOTATION not in manifests.annotations(application_set) or not may_delete(application_set):
        return False
    try:
        return not deletion_guard.budget(application_set).is_unlimited
    except UserError:
        return True


def may_delete(application_set: Manifest) -> bool:
    """What the policy says; a spec that cannot be read says no."""
    try:
        return application_sets.view(application_set).policy.may_delete
    except DokaSecaError:
        return False


class Release:
    """Takes a deleted ApplicationSet's children down.

    Args:
        hub: where namespaces can be looked up.
        applications: all Applications of a namespace.
    """

    def __init__(
        self, hub: Cluster, writes: Writes, guard: Guard, applications: Callable[[str], Iterable[Manifest]]
    ) -> None:
        self._hub = hub
        self._writes = writes
        self._guard = guard
        self._applications = applications

    async def step(self, application_set: Manifest) -> Step:
        """One step on the way out.

        Raises:
            ConflictError: the ApplicationSet changed meanwhile.
        """
        children = reconcile_plan.children(application_set, self._applications(manifests.namespace(application_set)))
        if not may_delete(application_set):
            await self._writes.let_go(children)
            children = []
        elif await self._is_decided(application_set):
            children = []  # the garbage collector does with them what was asked for
        if children:
            held = await self._judge(application_set, children)
            if held is None:
                await self._take_down(application_set, children)
            return Step(held, LEAVING_SECONDS)
        await self._writes.set_finalizer(application_set, present=False)
        return Step()

    async def _judge(self, application_set: Manifest, children: list[Manifest]) -> Held | None:
        """Ask the guard once; its answer is written down, for a list that shrinks would need another approval."""
        if RELEASED_ANNOTATION in manifests.annotations(application_set):
            return None
        leaving = [one for one in children if not manifests.is_deleting(one)]
        held = self._guard.admit(application_set, leaving, len(children)).held
        if held is None and leaving:
            admitted = {RELEASED_ANNOTATION: deletion_guard.list_digest(leaving)}
            await self._writes.patch_set(application_set, {"annotations": admitted})
        return held

    async def _take_down(self, application_set: Manifest, children: list[Manifest]) -> None:
        for child in children:
            if not manifests.is_deleting(child):
                await self._writes.delete(application_set, child)

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
