"""A running platform as seen from another process: its folder, its hub over HTTPS, a context for previews."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dokaseca.adapters import kube_connect, kubeconfig
from dokaseca.adapters.kube import KubeCluster
from dokaseca.kit import yaml_in
from dokaseca.model import manifest as manifests
from dokaseca.model import secret as secrets
from dokaseca.model import settings as model_settings
from dokaseca.model.application import IN_CLUSTER_SERVER
from dokaseca.model.errors import TransientError
from dokaseca.model.identity import GroupVersionKind, NamespacedName
from dokaseca.model.manifest import Manifest
from dokaseca.model.settings import Settings
from dokaseca.ports.cluster import Cluster
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.layout import Layout

if TYPE_CHECKING:
    from dokaseca.engine.context import Context
    from dokaseca.engine.destinations import Registration
    from dokaseca.wiring.plugin_registry import PluginRegistry

DEFAULT_HUB = "hub"
PROJECTS = GroupVersionKind("argoproj.io", "v1alpha1", "AppProject")
SECRETS = GroupVersionKind("", "v1", "Secret")
CONFIG_MAPS = GroupVersionKind("", "v1", "ConfigMap")


@dataclass(frozen=True, slots=True)
class Session:
    """A platform that runs.

    Attributes:
        hub_name: the hub's name, as its kubeconfig is called.
        hub: a client of the hub, with the administrator's certificate.
    """

    layout: Layout
    hub_name: str
    hub: KubeCluster


@contextlib.asynccontextmanager
async def open(folder: Path) -> AsyncIterator[Session]:
    """A session with the platform that runs in `folder`; connections are closed at its end.

    Raises:
        TransientError: reason NotRunning: nobody runs a platform there; reason Starting: its hub is not up yet.
        UserError: its kubeconfig cannot be used.
    """
    layout = layout_of(folder)
    require_running(layout)
    name = hub_name(layout)
    path = layout.kubeconfigs / f"{name}.yaml"
    if not path.exists():
        raise TransientError(f"the platform in {layout.root} is starting; try again in a moment", reason="Starting")
    hub = kubeconfig.load(path).open()
    try:
        yield Session(layout, name, hub)
    finally:
        await hub.close()


def layout_of(folder: Path) -> Layout:
    """The paths of a platform; nothing is created."""
    return Layout(folder.expanduser().resolve())


def require_running(layout: Layout) -> None:
    """Raises TransientError with reason NotRunning when nobody runs the platform."""
    if layouts.running_pid_or_none(layout) is None:
        raise TransientError(
            f"no platform runs in {layout.root}; start it with `dokaseca up --dir {layout.root}`", reason="NotRunning"
        )


def hub_name(layout: Layout) -> str:
    """The hub's name: what platform.yaml says, the default where that file is silent or broken since `up` read it."""
    try:
        found = yaml_in.load(layout.platform_file.read_bytes(), subject=str(layout.platform_file))
    except (OSError, yaml_in.InvalidYAML):
        return DEFAULT_HUB
    name = str(manifests.get(found, "spec", "hub", "name", default=DEFAULT_HUB))
    return name if (layout.kubeconfigs / f"{name}.yaml").exists() else DEFAULT_HUB


@contextlib.asynccontextmanager
async def context(session: Session) -> AsyncIterator[Context]:
    """What `engine.dry_run` needs, with mirrors in a temporary folder: the platform's own stay its own.

    Raises:
        TransientError: the hub does not answer.
    """
    from dokaseca.adapters.git import GitMirrors
    from dokaseca.adapters.git_program import local_path_or_none
    from dokaseca.adapters.repository_access import RepositoryAccess
    from dokaseca.engine.context import Context
    from dokaseca.engine.destinations import SECRET_SELECTOR, Destinations
    from dokaseca.engine.live_state import LiveState
    from dokaseca.flow.source.repositories import Repositories
    from dokaseca.flow.sync import inventory
    from dokaseca.kit.clock import SystemClock
    from dokaseca.runtime.supervise import Supervisor
    from dokaseca.wiring import forge_settings, render_tools, repository_watch

    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dokaseca-preview-")))
        opened: list[Cluster] = []
        stack.push_async_callback(_close_all, opened)
        tasks = await stack.enter_async_context(Supervisor("preview"))

        def connect(registration: Registration) -> LiveState:
            cluster: Cluster = session.hub
            if registration.server != IN_CLUSTER_SERVER:
                cluster = open_registered(registration.name, registration.server, registration.secret or {})
                opened.append(cluster)
            return LiveState(cluster, tasks, inventory.owner_or_none, lambda *_: None)

        destinations = Destinations(connect)
        for secret in (await session.hub.list(SECRETS, "argocd", label_selector=SECRET_SELECTOR)).items:
            destinations.put(secret)
        projects = {manifests.name(one): one for one in (await session.hub.list(PROJECTS, "argocd")).items}
        credentials = await repository_watch.read(session.hub)
        access = RepositoryAccess(credentials, SystemClock(), forge_settings.private_hosts(os.environ))
        stack.push_async_callback(access.close)
        settings, plugins = await _configured(session)
        git = GitMirrors(folder, access.find)
        yield Context(
            clock=SystemClock(),
            sources=Repositories(git, tasks.start, lambda url: local_path_or_none(url) is not None, credentials.scope),
            tools=render_tools.opened(session.layout, access.find, credentials.scope, stack),
            destinations=destinations,
            audit=_NoAudit(),
            projects=projects.get,
            begin=_never_begin,
            settings=lambda: settings,
            plugins=plugins.all,
        )


async def _configured(session: Session) -> tuple[Settings, PluginRegistry]:
    """The owner's settings and config management plugins, as the running platform has them.

    Raises:
        UserError: the platform file is wrong since it was started.
        TransientError: the hub does not answer.
    """
    from dokaseca.wiring import platform_files, plugin_registry

    settings = Settings()
    plugins = plugin_registry.of(platform_files.kept(session.layout), session.layout.root)
    for one in (await session.hub.list(CONFIG_MAPS, "argocd", label_selector=model_settings.SELECTOR)).items:
        name = manifests.name(one)
        if name in model_settings.NAMES:
            settings = settings.replaced(name, one)
        else:
            plugins.on_config_map(name, one)
    return settings, plugins


def open_registered(name: str, server: str, secret: Manifest) -> KubeCluster:
    """A client of the cluster that a Secret registers.

    Raises:
        UserError: reason InvalidCredentials: its `config` cannot be used.
    """
    return kube_connect.connect(
        name, server, kube_connect.read_config(secrets.text(secret, "config"), subject=f"cluster {name}")
    )


async def _close_all(clusters: list[Cluster]) -> None:
    for cluster in clusters:
        await cluster.close()


class _NoAudit:
    """A preview changes nothing, so it has nothing to record; being asked to is a defect."""

    def last_digest(self) -> str:
        raise AssertionError("a preview read the audit trail")

    def append(self, line: bytes) -> None:
        raise AssertionError("a preview wrote to the audit trail")


async def _never_begin(key: NamespacedName, state: Mapping[str, Any], resources: Sequence[Mapping[str, Any]]) -> None:
    raise AssertionError(f"a preview began an operation of {key}")
