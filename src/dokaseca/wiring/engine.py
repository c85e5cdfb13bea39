"""The engine, assembled: informers on the hub feed the controllers; the controllers share one context."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dokaseca.bridge import retirement
from dokaseca.controllers import application_set_inputs, application_set_refresh
from dokaseca.controllers import project as projects
from dokaseca.controllers.application import ApplicationController
from dokaseca.controllers.application_set import ApplicationSetController
from dokaseca.controllers.application_set_children import Children
from dokaseca.controllers.cluster import ClusterController
from dokaseca.controllers.project import ProjectController
from dokaseca.engine import destinations as clusters
from dokaseca.engine.context import Context
from dokaseca.engine.custom_health import CustomHealth
from dokaseca.engine.destinations import Destinations, Registration
from dokaseca.engine.live_state import LiveState, collection_of
from dokaseca.engine.timing import Timings
from dokaseca.flow.health import customise
from dokaseca.flow.render.request import Tools
from dokaseca.flow.source.repositories import Repositories
from dokaseca.flow.sync import inventory
from dokaseca.generate import forge_events
from dokaseca.generate.forge_inputs import ForgeInputs, ForgeRules
from dokaseca.kit.clock import Clock
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import GroupVersionKind, NamespacedName, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.model.settings import CONFIG, NAMES, SELECTOR, Settings
from dokaseca.ports.audit_sink import AuditSink
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.cluster_provider import ClusterProvider
from dokaseca.ports.health_scripts import HealthScripts
from dokaseca.ports.plugin_generator import PluginGenerator
from dokaseca.ports.scm import Scm
from dokaseca.runtime.informer import Informer
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring.overview import Snapshot
from dokaseca.wiring.plugin_registry import PluginRegistry

PROJECTS = GroupVersionKind("argoproj.io", "v1alpha1", "AppProject")
SECRETS = GroupVersionKind("", "v1", "Secret")
CLUSTERS = GroupVersionKind("cluster.x-k8s.io", "v1beta1", "Cluster")
CONFIG_MAPS = GroupVersionKind("", "v1", "ConfigMap")
NAMESPACE = "argocd"
START_SECONDS = 30.0  # the hub has just answered: listing a few kinds takes milliseconds

log = logging.getLogger("dokaseca.wiring")

Change = Callable[[NamespacedName, Manifest | None, Manifest | None], None]
HubInformer = Informer[ObjectKey, Manifest]


@dataclass(frozen=True, slots=True)
class Doors:
    """What the engine is built from.

    Attributes:
        open_cluster: a client for a registered cluster; the engine closes it.
        scm: the forges that ApplicationSets may ask; None leaves those generators unavailable.
        forge_rules: what they may ask.
        plugins: the plugins that ApplicationSets may ask; None leaves that generator unavailable.
        management_plugins: the config management plugins that Applications may use.
        health_scripts: runs the health scripts of argocd-cm; None leaves them unread.
    """

    hub: Cluster
    clock: Clock
    sources: Repositories
    tools: Tools
    audit: AuditSink
    provider: ClusterProvider
    open_cluster: Callable[[Registration], Cluster]
    scm: Scm | None = None
    forge_rules: ForgeRules = field(default_factory=ForgeRules)
    plugins: PluginGenerator | None = None
    health_scripts: HealthScripts | None = None
    management_plugins: PluginRegistry = field(default_factory=PluginRegistry)


class Engine:
    """All controllers of one hub.

    Args:
        tasks: owns everything that runs; stopping it stops the engine.
        on_change: called after each change of an Application, ApplicationSet, Cluster or cluster Secret.
    """

    def __init__(self, doors: Doors, tasks: Supervisor, on_change: Callable[[], None]) -> None:
        self._doors = doors
        self._tasks = tasks
        self._on_change = on_change
        self._children = Children()
        self._applications = self._informer(applications.GVK, self._application_changed)
        self._sets = self._informer(application_sets.GVK, self._set_changed)
        self._projects = self._informer(PROJECTS, self._project_changed)
        self._secrets = self._informer(SECRETS, self._secret_changed, clusters.SECRET_SELECTOR)
        self._settings = self._informer(CONFIG_MAPS, self._settings_changed, SELECTOR)
        self._health = CustomHealth(doors.health_scripts)
        self._settings_now = Settings()
        self._timings = Timings()
        self._clusters = self._informer(CLUSTERS, self._cluster_changed, namespace="")
        self._destinations = Destinations(self._connect)
        hub, sources = doors.hub, doors.sources
        self._application = ApplicationController(
            hub, self._application_or_none, self._applications.observe, sources.watch
        )
        self._application.attach(self._context())
        forges = ForgeInputs(doors.scm, hub.get, doors.forge_rules) if doors.scm is not None else None
        git = application_set_inputs.Sources(sources.tree, sources.refresh, sources.watch)
        self._application_set = ApplicationSetController(hub, self._caches(), git, doors.clock, forges, doors.plugins)
        self._project = ProjectController(hub, self._project_or_none, self._all_applications)
        self._cluster = ClusterController(
            hub, doors.provider, doors.clock, self._all_clusters, self._all_secrets, self._all_applications
        )
        sources.add_listener(self._application.on_repository)
        sources.add_listener(self._application_set.on_repository)

    async def start(self) -> None:
        """List the hub, then let the controllers work.

        Raises:
            TransientError: the hub does not answer.
        """
        informers = (self._projects, self._settings, self._secrets, self._clusters, self._applications, self._sets)
        for informer in informers:
            self._tasks.start(informer.name, informer.run())
        try:
            async with asyncio.timeout(START_SECONDS):
                for informer in informers:
                    await informer.synced.wait()
        except TimeoutError as error:
            raise TransientError(
                f"the hub did not list its objects within {START_SECONDS:.0f} s", reason="ClusterUnreachable"
            ) from error
        for controller in (self._cluster, self._project, self._application_set, self._application):
            self._tasks.start(controller.controller.name, controller.run())

    @property
    def is_idle(self) -> bool:
        """Whether no key waits and none is being worked on."""
        controllers = (self._cluster, self._project, self._application_set, self._application)
        return all(one.controller.queue.is_idle for one in controllers)

    def snapshot(self) -> Snapshot:
        """What the hub holds now."""
        return Snapshot(
            applications=self._all_applications(),
            application_sets=list(self._sets.items.values()),
            clusters=self._all_clusters(),
            cluster_secrets=self._all_secrets(),
        )

    def timing_or_none(self, namespace: str, name: str) -> Mapping[str, float | int] | None:
        """Where the time of an Application's last pass went (`engine.timing`)."""
        return self._timings.fields_or_none(NamespacedName(namespace, name))

    async def on_notification(self, body: Any) -> int:
        """A forge's webhook: have the ApplicationSets generate anew that it concerns; how many those are."""
        event = forge_events.pull_request_or_none(body)
        concerned = [one for one in self._sets.items.values() if forge_events.concerns(one, event)]
        return await application_set_refresh.refresh(self._doors.hub, concerned)

    # --- events -----------------------------------------------------------------------------------------------------

    def _application_changed(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        self._children.note(old, new)
        self._application.on_application(key, old, new)
        self._application_set.on_application(key, old, new)
        if new is None:
            self._cluster.on_application_gone()
        if new is None or (old is not None and projects.project_of(old) != projects.project_of(new)):
            self._project.on_application_gone()

    def _set_changed(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        self._application_set.on_application_set(key, old, new)

    def _project_changed(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        self._project.on_project(key)
        self._application.on_project(key.name)
        self._application_set.on_project(key, old, new)

    def _settings_changed(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        if key.name not in NAMES:
            if self._doors.management_plugins.on_config_map(key.name, new):
                self._look_at_all_again()
            return
        changed = self._settings_now.replaced(key.name, new)
        if key.name == CONFIG:
            try:
                self._health.replace(customise.parse(changed.config))
            except customise.WrongCustomisation as error:
                log.warning("settings cannot be read; those before stay", extra={"fields": {"error": str(error)}})
                return
        self._settings_now = changed
        self._look_at_all_again()

    def _look_at_all_again(self) -> None:
        for application in self._applications.items:
            self._application.controller.enqueue(NamespacedName(application.namespace, application.name))

    def _secret_changed(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        if new is None:
            self._destinations.remove_named(key.name)
        else:
            self._destinations.put(new)
        for secret in (old, new):
            if secret is not None:
                registration = clusters.decode(secret)
                self._application.on_cluster(registration.name, registration.server)
        self._application_set.on_cluster_secret(key, old, new)
        self._cluster.on_secret(key)

    def _cluster_changed(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        self._cluster.on_cluster(key)

    def _live_changed(self, key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
        self._application.on_live_change(inventory.owner_or_none(one) for one in (old, new) if one is not None)

    # --- caches -----------------------------------------------------------------------------------------------------

    def _informer(
        self, gvk: GroupVersionKind, changed: Change, label_selector: str = "", namespace: str = NAMESPACE
    ) -> HubInformer:
        def on_change(key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
            changed(NamespacedName(key.namespace, key.name), old, new)
            self._on_change()

        collection = collection_of(self._doors.hub, gvk, namespace, label_selector)
        return Informer(f"hub/{gvk.kind}", collection, on_change)

    def _context(self) -> Context:
        return Context(
            clock=self._doors.clock,
            sources=self._doors.sources,
            tools=self._doors.tools,
            destinations=self._destinations,
            audit=self._doors.audit,
            projects=lambda name: self._project_or_none(NamespacedName(NAMESPACE, name)),
            applications=self._application_or_none,
            begin=self._application.begin,
            health=self._health,
            settings=lambda: self._settings_now,
            timings=self._timings,
            plugins=self._doors.management_plugins.all,
        )

    def _caches(self) -> application_set_inputs.Caches:
        return application_set_inputs.Caches(
            application_set=lambda key: self._sets.items.get(_key(application_sets.GVK, key)),
            application_sets=lambda: list(self._sets.items.values()),
            cluster_secrets=lambda namespace: [
                one for one in _within(self._secrets, namespace) if not retirement.is_hidden(one)
            ],
            projects=lambda namespace: {manifests.name(one) for one in _within(self._projects, namespace)},
            applications=lambda namespace: list(_within(self._applications, namespace)),
            application=self._application_or_none,
            children=self._children.of,
            observe=self._observe,
            is_retiring=lambda application: retirement.takes(application, self._secrets.items.values()),
        )

    def _observe(self, written: Manifest) -> None:
        informer = self._sets if manifests.gvk(written) == application_sets.GVK else self._applications
        informer.observe(written)

    def _application_or_none(self, key: NamespacedName) -> Manifest | None:
        return self._applications.items.get(_key(applications.GVK, key))

    def _project_or_none(self, key: NamespacedName) -> Manifest | None:
        return self._projects.items.get(_key(PROJECTS, key))

    def _all_applications(self) -> list[Manifest]:
        return list(self._applications.items.values())

    def _all_clusters(self) -> list[Manifest]:
        return list(self._clusters.items.values())

    def _all_secrets(self) -> list[Manifest]:
        return list(self._secrets.items.values())

    def _connect(self, registration: Registration) -> LiveState:
        cluster = self._doors.open_cluster(registration)
        return LiveState(cluster, self._tasks, inventory.owner_or_none, self._live_changed)


def _key(gvk: GroupVersionKind, key: NamespacedName) -> ObjectKey:
    return ObjectKey(gvk.group, gvk.kind, key.namespace, key.name)


def _within(informer: HubInformer, namespace: str) -> Iterator[Manifest]:
    return (one for key, one in informer.items.items() if key.namespace == namespace)
