"""A whole platform in one process: Git repositories, dock clusters with simulators, and the engine between them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from tests.corridor import objects
from tests.corridor.machine import Machine
from tests.corridor.patient_loop import LoopClock, Patient
from tests.corridor.repository import Repository

from dokaseca.adapters.audit_file import AuditFile
from dokaseca.adapters.charts import HttpCharts
from dokaseca.adapters.git import GitMirrors, local_path_or_none
from dokaseca.adapters.helm import HelmWorkers
from dokaseca.adapters.jsonnet import JsonnetLibrary
from dokaseca.adapters.kustomize import KustomizeProgram
from dokaseca.adapters.lua import LuaScripts
from dokaseca.adapters.object_store import DiskStore
from dokaseca.adapters.plugin_renderer import PluginProgram
from dokaseca.engine.destinations import Registration
from dokaseca.flow.render.request import Tools
from dokaseca.flow.source.repositories import Repositories
from dokaseca.model import manifest as manifests
from dokaseca.model.application import IN_CLUSTER_SERVER
from dokaseca.model.manifest import Manifest
from dokaseca.runtime.supervise import Supervisor
from dokaseca.wiring.engine import Doors, Engine
from dokaseca.wiring.plugin_registry import PluginRegistry

T = TypeVar("T")

WAIT_SECONDS = 120.0  # virtual


class NoProvider:
    """No Cluster object is used here: clusters are registered by their Secrets alone."""

    async def ensure(self, name: str, version: str) -> Any:
        raise AssertionError(f"nobody asked for cluster {name}")

    async def remove(self, name: str) -> None:
        raise AssertionError(f"nobody asked to remove cluster {name}")


class Process(Supervisor):
    """The engine's tasks: what dies together."""

    def kill(self) -> None:
        """Cancel everything without waiting."""
        for task in list(self._tasks):
            task.cancel()


class World:
    """Everything, and what a test does to it.

    Attributes:
        tools: what renders; `tools.kustomize.calls` counts.
        broken: errors that no controller turned into a condition.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub = Machine("hub", self.notice)
        self.machines: dict[str, Machine] = {self.hub.name: self.hub}
        self.broken: Callable[[], list[str]] = list
        self.engine: Engine
        self._stack = AsyncExitStack()
        self._noticed = asyncio.Event()
        self._engine_tasks = Process("engine")
        self.tools: Tools
        self.lua = LuaScripts()

    async def __aenter__(self) -> World:
        await self.hub.start()
        self._stack.push_async_callback(self.hub.stop)
        for name in ("argocd", "team"):
            await self.hub.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        await self.hub.client.create(objects.project())
        self.tools = self._new_tools()
        self._stack.push_async_callback(self.lua.close)
        await self.start_engine()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_engine()
        await self._stack.aclose()

    # --- the engine --------------------------------------------------------------------------------------------------

    async def start_engine(self) -> None:
        """Start the engine as a new process would: nothing is remembered but what lies in the clusters and on disk."""
        self._engine_tasks = Process("engine")
        git = Patient(GitMirrors(self.folder / "mirrors"))
        doors = Doors(
            hub=self.hub.engine_client,
            clock=LoopClock(),
            sources=Repositories(git, self._engine_tasks.start, lambda url: local_path_or_none(url) is not None),
            tools=self.tools,
            audit=AuditFile(self.folder / "audit.jsonl"),
            provider=NoProvider(),
            open_cluster=self._open,
            health_scripts=Patient(self.lua),
            management_plugins=PluginRegistry(takes_config_maps=True),
        )
        self.engine = Engine(doors, self._engine_tasks, self.notice)
        await self.engine.start()

    async def stop_engine(self) -> None:
        """Kill it, wherever it is, and wait until nothing of it runs."""
        await self._engine_tasks.stop()

    def kill_engine(self) -> None:
        """Kill it, wherever it is: to be called by the engine itself."""
        self._engine_tasks.kill()

    def forget_faults(self) -> None:
        """Let every cluster do what it is asked to again."""
        for machine in self.machines.values():
            machine.engine_client.before = machine.engine_client.after = lambda verb, key: None

    async def idle(self) -> None:
        """Wait until no key is worked on and nothing has happened for a while."""
        for _ in range(50):
            await asyncio.sleep(0.2)
            if self.engine.is_idle:
                return
        raise AssertionError("the engine does not come to rest")

    # --- clusters ----------------------------------------------------------------------------------------------------

    async def add_machine(self, name: str) -> Machine:
        """Another cluster, registered by a Secret."""
        machine = self.machines[name] = Machine(name, self.notice)
        await machine.start()
        self._stack.push_async_callback(machine.stop)
        await machine.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
        await self.hub.client.create(self.registration(name))
        return machine

    def registration(self, name: str) -> Manifest:
        fields = {"name": name, "server": self.machines[name].server, "config": "{}"}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": f"cluster-{name}",
                "namespace": "argocd",
                "labels": {"argocd.argoproj.io/secret-type": "cluster"},
            },
            "data": {key: base64.b64encode(value.encode()).decode() for key, value in fields.items()},
        }

    # --- what a person does ------------------------------------------------------------------------------------------

    def repository(self, name: str = "repository", files: dict[str, Any] | None = None) -> Repository:
        """A new repository with one commit."""
        repository = Repository(self.folder / name).create()
        repository.commit(files or {})
        return repository

    async def deploy(self, application: Manifest) -> None:
        await self.hub.client.create(application)

    async def edit(self, name: str, patch: Manifest) -> None:
        """Merge-patch an Application, and wait until its watchers know."""
        written = await self.hub.client.patch(objects.APPLICATION, "argocd", name, patch)
        version = int(manifests.resource_version(written))
        await self.until(lambda: int(manifests.resource_version(self.app(name)) or 0) >= version)

    async def request(self, name: str, **sync: Any) -> None:
        """Ask for a sync as `kubectl patch` would."""
        await self.edit(name, {"operation": {"initiatedBy": {"username": "jo"}, "sync": sync}})

    async def refresh(self, name: str, how: str = "normal") -> None:
        await self.edit(name, {"metadata": {"annotations": {"argocd.argoproj.io/refresh": how}}})

    # --- what a person sees ------------------------------------------------------------------------------------------

    def app(self, name: str = "web") -> Manifest:
        """The Application as the hub holds it; empty when it is gone."""
        return self.hub.find(objects.APPLICATION, name, "argocd") or {}

    def status(self, name: str = "web") -> Manifest:
        return dict(self.app(name).get("status") or {})

    def sync(self, name: str = "web") -> str:
        return str(manifests.get(self.app(name), "status", "sync", "status", default=""))

    def health(self, name: str = "web") -> str:
        return str(manifests.get(self.app(name), "status", "health", "status", default=""))

    def operation(self, name: str = "web") -> Manifest:
        return dict(manifests.get(self.app(name), "status", "operationState", default={}))

    def condition(self, type_: str, name: str = "web") -> str:
        """The message of a condition, empty when there is none of that type."""
        found = [one for one in self.status(name).get("conditions") or () if one["type"] == type_]
        return str(found[0]["message"]) if found else ""

    def is_settled(self, name: str = "web", revision: str = "") -> bool:
        """Synced and Healthy with nothing under way, at `revision` where one is given."""
        at = manifests.get(self.app(name), "status", "sync", "revision", default="")
        return (
            (self.sync(name), self.health(name)) == ("Synced", "Healthy")
            and self.operation(name).get("phase") not in ("Running", "Terminating")
            and revision in ("", at)
        )

    def notice(self) -> None:
        """Something has changed: whoever waits looks again."""
        self._noticed.set()

    async def until(self, holds: Callable[[], T], what: str = "", within_seconds: float = WAIT_SECONDS) -> T:
        """Wait for an event after which `holds` is true; its value."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            async with asyncio.timeout(within_seconds):
                while not (found := holds()):
                    self._noticed.clear()
                    await self._noticed.wait()
                return found
        except TimeoutError:
            state = {one: self.status(one) for one in self.hub.names(objects.APPLICATION, "argocd")}
            took = f"{what or 'it'} did not come true in {loop.time() - start:.0f} s"
            raise AssertionError(f"{took}; errors: {self.broken()}; {state}") from None

    async def settled(self, name: str = "web", revision: str = "", within_seconds: float = WAIT_SECONDS) -> Manifest:
        """Wait until the Application is Synced and Healthy; its status."""
        await self.until(lambda: self.is_settled(name, revision), f"{name} settled", within_seconds)
        return self.status(name)

    async def ended(self, name: str = "web", phase: str = "") -> Manifest:
        """Wait until an operation has ended; its state."""
        await self.until(lambda: self._has_ended(name, phase), f"{name} ended {phase}")
        return self.operation(name)

    def _has_ended(self, name: str, phase: str) -> bool:
        state = self.operation(name)
        done = state.get("phase") in ("Succeeded", "Failed", "Error") and "operation" not in self.app(name)
        return done and phase in ("", state["phase"])

    # --- inside ------------------------------------------------------------------------------------------------------

    def _open(self, registration: Registration) -> Any:
        if registration.server == IN_CLUSTER_SERVER:
            return self.hub.engine_client
        return next(one for one in self.machines.values() if one.server == registration.server).engine_client

    def _new_tools(self) -> Tools:
        cache = DiskStore(self.folder / "cache")
        helm, charts = HelmWorkers(), HttpCharts(cache)
        self._stack.push_async_callback(helm.close)
        self._stack.push_async_callback(charts.close)
        return Tools(
            helm=Patient(helm),
            kustomize=Patient(KustomizeProgram()),
            jsonnet=Patient(JsonnetLibrary()),
            charts=Patient(charts),
            cache=cache,
            plugins=Patient(PluginProgram()),
        )
