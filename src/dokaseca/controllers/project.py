"""The AppProject controller: a project with Argo CD's finalizer stays until no Application refers to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dokaseca.controllers import status
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, NotFoundError
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Cluster
from dokaseca.runtime.reconcile import Controller, Result

FINALIZER = applications.FINALIZER
MEANWHILE_SECONDS = 1.0  # a safety net: the change that got in between is on its way through the watch


class ProjectController:
    """Lets deleted projects go.

    Args:
        hub: where projects live.
        read: the project as the hub's watch last showed it, None when it is gone.
        applications_now: all Applications of the hub.
    """

    def __init__(
        self,
        hub: Cluster,
        read: Callable[[NamespacedName], Manifest | None],
        applications_now: Callable[[], Iterable[Manifest]],
    ) -> None:
        self._hub = hub
        self._read = read
        self._applications_now = applications_now
        self._held: set[NamespacedName] = set()
        self.controller: Controller[NamespacedName] = Controller("project", self._reconcile, workers=1)

    def on_project(self, key: NamespacedName) -> None:
        """A project changed in the hub."""
        self.controller.enqueue(key)

    def on_application_gone(self) -> None:
        """An Application was deleted or moved to another project: projects that waited for it may go."""
        for key in self._held:
            self.controller.enqueue(key)

    async def run(self) -> None:
        """Work until cancelled."""
        await self.controller.run()

    async def _reconcile(self, key: NamespacedName) -> Result:
        project = self._read(key)
        if project is None or not manifests.is_deleting(project):
            self._held.discard(key)
            return Result()
        finalizers = manifests.metadata(project).get("finalizers") or []
        if FINALIZER not in finalizers:
            return Result()
        if self._is_used(key.name):
            self._held.add(key)
            return Result()
        kept = [one for one in finalizers if one != FINALIZER]
        version = manifests.resource_version(project)
        patch = {"metadata": {"finalizers": kept or None, "resourceVersion": version}}
        try:
            await self._hub.patch(
                manifests.gvk(project), key.namespace, key.name, patch, field_manager=status.FIELD_MANAGER
            )
        except (NotFoundError, ConflictError):  # it went or changed meanwhile: its watch is about to say so
            return Result(MEANWHILE_SECONDS)
        self._held.discard(key)
        return Result()

    def _is_used(self, name: str) -> bool:
        return any(project_of(one) == name for one in self._applications_now())


def project_of(application: Manifest) -> str:
    """The project that an Application belongs to; none at all is `default`."""
    return str(manifests.get(application, "spec", "project", default="") or "default")
