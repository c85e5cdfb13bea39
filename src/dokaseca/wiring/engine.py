"""The engine, assembled: informers on the hub feed the controllers; the controllers share one context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dokaseca.controllers.application import ApplicationController
from dokaseca.controllers.application_set import ApplicationSetController
from dokaseca.controllers.cluster import ClusterController
from dokaseca.engine import destinations as clusters
from dokaseca.engine.context import Context
from dokaseca.engine.destinations import Destinations, Registration
from dokaseca.engine.live_state import LiveState, collection_of
from dokaseca.flow.render.request import Tools
from dokaseca.flow.source.repositories import Repositories
from dokaseca.flow.sync import inventory
from dokaseca.kit.clock import Clock
from dokaseca.model import application as applications
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind, NamespacedName, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.audit_sink import AuditSink
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.cluster_provider import ClusterProvider
from dokaseca.runtime.informer import Informer
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring.overview import Snapshot

APPLICATION_SETS = GroupVersionKind("argoproj.io", "v1alpha1", "ApplicationSet")
PROJECTS = GroupVersionKind("argoproj.io", "v1alpha1", "AppProject")
SECRETS = GroupVersionKind("", "v1", "Secret")
CLUSTERS = GroupVersionKind("cluster.x-k8s.io", "v1beta1", "Cluster")
NAMESPACE = "argocd"

HubInformer = Informer[ObjectKey, Manifest]


@dataclass(frozen=True, slots=True)
class Doors:
    """What the engine is built from."""

    hub: Cluster
    clock: Clock
    sources: Repositories
    tools: Tools
    audit: AuditSink
    provider: ClusterProvider
    open_cluster: Callable[[Registration], Cluster]


class Engine:
    """All controllers of one hub. `start` returns once the hub has been listed; `tasks` ends everything."""

    def __init__(self, doors: Doors, tasks: Supervisor, on_change: Callable[[], None]) -> None:
        self._doors = doors
        self._tasks = tasks
        self._on_change = on_change
        hub = doors.hub
        self._applications = self._informer(applications.GVK, self._application_changed)
        self._sets = self._informer(APPLICATION_SETS, self._set_changed)
        self._projects = self._informer(PROJECTS, self._project_changed)
        self._secrets = self._informer(SECRETS, self._secret_changed, label_selector=clusters.SECRET_SELECTOR)
        self._clusters = self._informer(CLUSTERS, self._cluster_changed, namespace="")
        self._destinations = Destinations(self._connect)
        self._application = ApplicationController(
            hub, self._read_application, self._applications.observe, doors.sources.watch
        )
        self._context = Context(
            clock=doors.clock,
            sources=doors.sources,
            tools=doors.tools,
            destinations=self._destinations,
            audit=doors.audit,
            projects=lambda name: self._projects.items.get(ObjectKey("argoproj.io", "AppProject", NAMESPACE, name)),
            begin=self._application.begin,
        )
        self._application.attach(self._context)

    def _read_application(self, key: NamespacedName) -> Manifest | None:
        return self._applications.items.get(ObjectKey("argoproj.io", "Application", key.namespace, key.name))

    def _connect(self, registration: Registration) -> LiveState:
        return LiveState(
            self._doors.open_cluster(registration), self._tasks, inventory.owner_or_none, self._live_changed
        )

    def _live_changed(self, key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
        self._application.on_live_change(inventory.owner_or_none(one) for one in (old, new) if one is not None)
