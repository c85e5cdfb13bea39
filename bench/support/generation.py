"""A hub in the in-process dock with nothing but the ApplicationSet controller on it, and its repository."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from dokaseca.adapters.git import GitMirrors
from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.bridge import manifests as bridge
from dokaseca.controllers.application_set import ApplicationSetController
from dokaseca.controllers.application_set_children import Children
from dokaseca.controllers.application_set_inputs import Caches, Sources
from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.engine.live_state import collection_of
from dokaseca.kit.clock import SystemClock
from dokaseca.model import application as applications
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind, NamespacedName, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.ports.git import Tree
from dokaseca.runtime.informer import Informer
from dokaseca.runtime.supervise import Supervisor
from support import sets

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.corridor.repository import Repository as WorkTree

SECRETS = GroupVersionKind("", "v1", "Secret")
CLUSTERS = "argocd.argoproj.io/secret-type=cluster"
BEAT_SECONDS = 0.002
QUIET_SECONDS = 0.3  # nothing happens for so long: it is over
BUSY_SECONDS = 0.002  # of processor time: sleeping takes less


class Repository:
    """A Git repository, as of the last commit."""

    def __init__(self, folder: Path) -> None:
        self._work_tree = WorkTree(folder / "apps").create()
        self._mirrors = GitMirrors(folder / "mirrors")
        self.url = self._work_tree.url
        self._sha = ""

    async def commit(self, files: dict[str, str]) -> None:
        self._sha = await asyncio.to_thread(self._work_tree.commit, files)
        await self._mirrors.fetch(self.url)

    async def tree(self, url: str, revision: str) -> Tree:
        """Every revision is the last commit."""
        return await self._mirrors.tree(url, self._sha)


class Hub:
    """The controller with caches that follow the dock, as the engine has them."""

    def __init__(self, repository: Repository) -> None:
        self._api = Api("hub", MemoryStorage())
        self.client = self._client()
        self._tasks = Supervisor("bench")
        self.children = Children()
        self.applications = self._informer(applications.GVK, self._application_changed)
        self.sets = self._informer(application_sets.GVK, lambda *each: self.controller.on_application_set(*each))
        self.secrets = self._informer(SECRETS, lambda *each: self.controller.on_cluster_secret(*each), CLUSTERS)
        caches = Caches(
            application_set=lambda key: self.sets.items.get(_key(application_sets.GVK, key)),
            application_sets=lambda: list(self.sets.items.values()),
            cluster_secrets=lambda _: list(self.secrets.items.values()),
            projects=lambda _: {"default"},
            applications=lambda _: list(self.applications.items.values()),
            application=lambda key: self.applications.items.get(_key(applications.GVK, key)),
            children=self.children.of,
            observe=self._observe,
            is_retiring=lambda _: False,
        )

        async def refresh(_: str) -> None:
            """The bench looks itself."""

        git = Sources(repository.tree, refresh, lambda _: None)
        self.controller = ApplicationSetController(self.client, caches, git, SystemClock())

    async def start(self) -> None:
        self._tasks.start("lifecycle", self._api.run())
        newcomer = self._client()
        for crd in bridge.crds():
            await newcomer.create(crd)
        await self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": sets.NAMESPACE}})
        for informer in (self.applications, self.sets, self.secrets):
            self._tasks.start(informer.name, informer.run())
            await informer.synced.wait()

    async def stop(self) -> None:
        await self._tasks.stop()
        self._api.close()

    def work(self) -> None:
        """Let the controller begin."""
        self._tasks.start("application-set", self.controller.run())

    async def create(self, objects: Iterable[Manifest]) -> None:
        for one in objects:
            await self.client.create(one)

    def reconcile(self) -> None:
        """Have every ApplicationSet looked at."""
        for key in self.sets.items:
            self.controller.controller.enqueue(NamespacedName(key.namespace, key.name))

    async def rest(self) -> float:
        """Wait until nothing is to be done for a while; the time when the last work ended.

        Work that never lets go of the event loop shows by the processor time that it takes meanwhile.
        """
        queue = self.controller.controller.queue
        ended = time.perf_counter()
        while time.perf_counter() - ended < QUIET_SECONDS:
            begun = time.thread_time()
            await asyncio.sleep(0.001)
            if not queue.is_idle or time.thread_time() - begun > BUSY_SECONDS:
                ended = time.perf_counter()
        return ended

    def _application_changed(self, key: NamespacedName, old: Manifest | None, new: Manifest | None) -> None:
        self.children.note(old, new)
        self.controller.on_application(key, old, new)

    def _client(self) -> KubeCluster:
        return KubeCluster("hub", "https://hub.example", FunctionWire(self._api.handle, "admin", ("system:masters",)))

    def _informer(
        self, gvk: GroupVersionKind, changed: Callable[..., None], selector: str = ""
    ) -> Informer[ObjectKey, Manifest]:
        def on_change(key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
            changed(NamespacedName(key.namespace, key.name), old, new)

        collection = collection_of(self.client, gvk, sets.NAMESPACE, selector)
        return Informer(f"hub/{gvk.kind}", collection, on_change)

    def _observe(self, written: Manifest) -> None:
        informer = self.sets if manifests.gvk(written) == application_sets.GVK else self.applications
        informer.observe(written)


def _key(gvk: GroupVersionKind, key: NamespacedName) -> ObjectKey:
    return ObjectKey(gvk.group, gvk.kind, key.namespace, key.name)


class Beat:
    """How long the event loop was held at a time: the processor time of its thread between two beats.

    On a busy machine a beat comes late for reasons that are not ours.
    """

    def __init__(self) -> None:
        self.worst_seconds = 0.0

    async def run(self) -> None:
        while True:
            begun = time.thread_time()
            try:
                await asyncio.sleep(BEAT_SECONDS)
            finally:
                self.worst_seconds = max(self.worst_seconds, time.thread_time() - begun)


@asynccontextmanager
async def beating() -> AsyncIterator[Beat]:
    beat = Beat()
    tasks = Supervisor("beat")
    tasks.start("beat", beat.run())
    try:
        yield beat
    finally:
        await tasks.stop()
