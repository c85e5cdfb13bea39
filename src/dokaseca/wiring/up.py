"""From a folder to a running platform: files, hub, repositories, bridge, engine; then it syncs until told to stop."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, TypeVar

from dokaseca.adapters import chart_folder
from dokaseca.adapters.audit_file import AuditFile
from dokaseca.adapters.git import GitMirrors
from dokaseca.adapters.git_program import local_path_or_none
from dokaseca.adapters.lua import LuaScripts
from dokaseca.adapters.plugin_generator import HttpPlugins
from dokaseca.adapters.repository_access import RepositoryAccess
from dokaseca.adapters.scm.forges import Forges
from dokaseca.bridge import examples
from dokaseca.bridge.platform import Platform
from dokaseca.controllers import cluster as cluster_controller
from dokaseca.dock import sockets
from dokaseca.dock.dock import Dock
from dokaseca.flow.render.failures import Failures
from dokaseca.flow.render.request import Tools
from dokaseca.flow.source.credentials import Credentials
from dokaseca.flow.source.repositories import Repositories
from dokaseca.kit.clock import SystemClock
from dokaseca.model import manifest as objects
from dokaseca.model.errors import DokaSecaError, TransientError
from dokaseca.ports.cluster import Cluster
from dokaseca.ports.plugin_generator import PluginGenerator
from dokaseca.ports.scm import Scm
from dokaseca.runtime.supervise import Supervisor
from dokaseca.web.chart_repository import ChartRepository
from dokaseca.web.server import CHARTS_PATH, HOST, FindTiming, Pushes, WebServer
from dokaseca.wiring import engine as engines
from dokaseca.wiring import (
    forge_settings,
    hub_elsewhere,
    platform_files,
    plugin_registry,
    render_settings,
    render_tools,
    repository_watch,
)
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.bridge_hub import bridge_hub
from dokaseca.wiring.convergence import QUIET_SECONDS, REMOTE_QUIET_SECONDS, Convergence
from dokaseca.wiring.engine import Doors, Engine
from dokaseca.wiring.layout import WEB_PORT, Layout
from dokaseca.wiring.overview import UpOutcome
from dokaseca.wiring.provider import DockProvider
from dokaseca.wiring.repository_watch import RepositoryWatch
from dokaseca.wiring.settings import HubChoice, Listener, Progress, UpOptions

T = TypeVar("T")


async def up(options: UpOptions, listener: Listener, stop: asyncio.Event) -> UpOutcome:
    """Bring the platform up; return once it has converged (`once`), else when `stop` is set.

    Raises:
        UserError: the folder, the platform file or a port cannot be used.
        ConflictError: another process runs this platform.
        TransientError: the disk is full.
    """
    started = time.monotonic()
    sockets.raise_file_limit()
    if options.platform_file is not None:
        platform_files.check(options.platform_file)  # before there is a folder
    layout = layouts.prepare(options.folder)
    with layouts.locked(layout):
        platform = platform_files.read_platform(layout, options.platform_file)
        async with AsyncExitStack() as stack:
            running = _Running(layout, listener, stack, options.hub)
            await running.start(platform)
            convergence = Convergence(running.engine, [platform.hub.name], started, running.quiet_seconds)
            waiting = convergence.wait(running.changed, listener.progress, options.timeout_seconds)
            outcome = await _first(stop, running.tasks, waiting) or convergence.look()
            listener.outcome(outcome)
            if not options.once:
                await _first(stop, running.tasks, _forever())
        return outcome


class _Running:
    """The parts of one running platform, taken down in reverse order by `stack`."""

    def __init__(self, layout: Layout, listener: Listener, stack: AsyncExitStack, hub: HubChoice) -> None:
        self._layout = layout
        self._listener = listener
        self._stack = stack
        self._hub = hub
        self._clock = SystemClock()
        self.tasks = Supervisor("platform")
        self.changed = asyncio.Event()
        self.engine: Engine
        self._credentials = Credentials()
        self._access = RepositoryAccess(self._credentials, self._clock, forge_settings.private_hosts(os.environ))
        self._on_notification: Callable[[Any], Awaitable[int]] | None = None
        self._find_timing: FindTiming | None = None
        self.quiet_seconds = QUIET_SECONDS

    async def start(self, given: Platform) -> None:
        management_plugins = plugin_registry.of(given, self._layout.root)
        elsewhere = hub_elsewhere.chosen_or_none(self._layout, given.hub.name, self._hub, self._clock)
        provider = DockProvider(Dock(clock=self._clock), self._layout, self._clock, given.hub.name, elsewhere)
        self._stack.push_async_callback(provider.close)
        endpoint = await provider.ensure(given.hub.name, given.hub.kubernetes_version)
        hub = provider.client(given.hub.name)
        self._stack.push_async_callback(hub.close)
        self._tell("hub is up", endpoint.server)

        created = await platform_files.ensure_repositories(self._layout, given)
        platform = _with_local_repositories(given, self._layout)
        self._tell("repositories", f"created {', '.join(created)}" if created else "found")

        self._stack.push_async_callback(self.tasks.stop)
        if elsewhere is not None:
            self.tasks.start("hub", elsewhere.watch())
            self.quiet_seconds = REMOTE_QUIET_SECONDS
        credentials, access = self._credentials, self._access
        self._stack.push_async_callback(access.close)
        git = GitMirrors(self._layout.mirrors, access.find)
        sources = Repositories(
            git, self.tasks.start, lambda url: local_path_or_none(url) is not None, credentials.scope
        )
        await RepositoryWatch(hub, credentials, sources).start(self.tasks)
        await self._tell_missing_clusters(platform, sources)
        charts_url = await self._serve(sources, hub)
        await bridge_hub(hub, platform, charts_url)
        self._tell("bridge", "CRDs, projects, cluster Secret and bootstrap ApplicationSets are in the hub")

        await self._resume_clusters(hub, provider)
        provider.on_change(lambda: platform_files.write_kubeconfigs(self._layout, provider.kubeconfigs()))
        doors = Doors(
            hub=hub,
            clock=self._clock,
            sources=sources,
            tools=self._tools(),
            audit=AuditFile(self._layout.audit),
            provider=provider,
            open_cluster=provider.open,
            scm=self._forges(),
            forge_rules=forge_settings.rules(os.environ),
            plugins=self._plugins(),
            health_scripts=self._health_scripts(),
            management_plugins=management_plugins,
        )
        self.engine = Engine(doors, self.tasks, self.changed.set)
        self._on_notification = self.engine.on_notification
        self._find_timing = self.engine.timing_or_none
        await self.engine.start()
        self._tell("engine", "controllers are working")

    async def _tell_missing_clusters(self, platform: Platform, sources: Repositories) -> None:
        """A cluster that somebody added to the platform file later does not come up by that: say so."""
        repository = platform.repositories["clusters"]
        if local_path_or_none(repository.url) is None:
            return  # somebody else's: it may hold its clusters anywhere
        try:
            tree = await sources.tree(repository.url, repository.revision)
        except DokaSecaError:  # its Application tells that it cannot be read
            return
        for path in platform_files.not_in_git(platform, tree):
            self._tell("clusters", f"{path} is not in the clusters repository; commit it there to bring it up")

    async def _resume_clusters(self, hub: Cluster, provider: DockProvider) -> None:
        """Start the clusters of an earlier run before anything reconciles, so that each is reached in this process.

        One that does not start holds up no other: its controller goes on trying, and says why.
        """
        for one in (await hub.list(engines.CLUSTERS)).items:
            name = objects.name(one)
            if not cluster_controller.is_ours(one) or not provider.has_state(name):
                continue
            try:
                await provider.ensure(name, str(objects.get(one, "spec", "topology", "version", default="")))
            except DokaSecaError as error:
                self._tell("clusters", f"{name} does not start: {error}")

    async def _serve(self, sources: Repositories, hub: Cluster) -> str:
        """The platform's web server; the URL of its chart repository."""
        await asyncio.to_thread(chart_folder.publish, self._layout.charts, examples.files("charts"))
        pushes = Pushes(sources.watched, sources.notify, self._refresh, repository_watch.webhook_secrets(hub))
        server = WebServer(ChartRepository(self._layout.charts), pushes, self._timing_or_none)
        ports = layouts.read_ports(self._layout)
        port = await server.start(ports.get(WEB_PORT, 0))
        self._stack.push_async_callback(server.stop)
        layouts.write_ports(self._layout, {**ports, WEB_PORT: port})
        return f"http://{HOST}:{port}{CHARTS_PATH}"

    def _tools(self) -> Tools:
        tools = render_tools.opened(self._layout, self._access.find, self._credentials.scope, self._stack)
        return replace(tools, failures=Failures(self._clock, render_settings.pause(os.environ)))

    async def _refresh(self, notification: Any) -> int:
        """What a forge's webhook sets off; nothing before there is an engine, which then looks at everything anyway."""
        return await self._on_notification(notification) if self._on_notification is not None else 0

    def _timing_or_none(self, namespace: str, name: str) -> Mapping[str, float | int] | None:
        return self._find_timing(namespace, name) if self._find_timing is not None else None

    def _forges(self) -> Scm:
        forges = Forges(self._clock, forge_settings.private_hosts(os.environ), os.environ)
        self._stack.push_async_callback(forges.close)
        return forges

    def _health_scripts(self) -> LuaScripts:
        scripts = LuaScripts()
        self._stack.push_async_callback(scripts.close)
        return scripts

    def _plugins(self) -> PluginGenerator:
        plugins = HttpPlugins(self._clock, forge_settings.private_hosts(os.environ))
        self._stack.push_async_callback(plugins.close)
        return plugins

    def _tell(self, step: str, detail: str) -> None:
        self._listener.progress(Progress(step, detail))


def _with_local_repositories(platform: Platform, layout: Layout) -> Platform:
    """The platform with the URL of its own repository where the file names none."""
    return replace(
        platform,
        repositories={
            name: one if one.url else replace(one, url=layout.bare(name).as_uri())
            for name, one in platform.repositories.items()
        },
    )


async def _forever() -> None:
    await asyncio.Event().wait()


async def _first(stop: asyncio.Event, tasks: Supervisor, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` returns, or None when `stop` is set first.

    Raises:
        TransientError: a background task has failed: the platform cannot go on.
    """
    working = asyncio.ensure_future(work)
    waiting = [asyncio.ensure_future(one.wait()) for one in (stop, tasks.failed)]
    try:
        await asyncio.wait([working, *waiting], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
    finally:
        for one in (working, *waiting):
            one.cancel()
        await asyncio.wait([working, *waiting])
    if tasks.failed.is_set():
        raise TransientError(f"a part of the platform has failed: {tasks.failure}; start it again", reason="Failed")
    return None
