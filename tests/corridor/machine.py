"""One dock cluster in memory, with its simulator, its clients and a record of what happened."""

from __future__ import annotations

from collections.abc import Callable

from tests.corridor import objects
from tests.corridor.counting import Switch, WatchedCluster
from tests.corridor.patient_loop import LoopClock

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.bridge import manifests as bridge
from dokaseca.dock.api import Api
from dokaseca.dock.simulator.simulator import Simulator
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.engine.live_state import collection_of
from dokaseca.flow.health import assess
from dokaseca.model.errors import NotFoundError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.runtime.informer import Informer
from dokaseca.runtime.supervise import Supervisor

FOLLOWED = (
    objects.APPLICATION,
    objects.CONFIG_MAP,
    objects.NAMESPACE,
    objects.DEPLOYMENT,
    objects.JOB,
    objects.CRD,
)


class Machine:
    """One dock cluster in memory.

    Attributes:
        client: the administrator's.
        engine_client: what the engine gets: counted; `switch` turns its connection off.
        events: every change of a followed object as (what, kind, name), in order; what is added, changed or gone, and
            beside them healthy, degraded and so on whenever an object's health becomes that.
    """

    def __init__(self, name: str, changed: Callable[[], None]) -> None:
        self.name = name
        self.server = f"https://{name}.example.com"
        self.api = Api(name, MemoryStorage(), clock=LoopClock())
        self.client = self._client("admin")
        self.switch = Switch(self._wire("dokaseca"))
        self.engine_client = WatchedCluster(KubeCluster(name, self.server, self.switch))
        self.events: list[tuple[str, str, str]] = []
        self._changed = changed
        self._informers: dict[GroupVersionKind, Informer[ObjectKey, Manifest]] = {}
        self._tasks = Supervisor(name)

    async def start(self) -> None:
        self._tasks.start("lifecycle", self.api.run())
        newcomer = self._client("admin")  # `client` is to learn of these kinds at its first request
        for crd in bridge.crds():
            await newcomer.create(crd)
        self._tasks.start("simulator", Simulator(self._client("simulator"), LoopClock()).run())
        for gvk in FOLLOWED:
            await self.follow(gvk)

    async def follow(self, gvk: GroupVersionKind) -> None:
        """Record the changes of a kind from now on."""
        informer = Informer(f"test/{gvk.kind}", collection_of(self.client, gvk), self._record)
        self._informers[gvk] = informer
        self._tasks.start(informer.name, informer.run())
        await informer.synced.wait()

    async def stop(self) -> None:
        await self._tasks.stop()
        self.api.close()

    def find(self, gvk: GroupVersionKind, name: str, namespace: str = "team") -> Manifest | None:
        """The object as it is now, None when it is absent. Its kind must be followed."""
        return self._informers[gvk].items.get(ObjectKey(gvk.group, gvk.kind, namespace, name))

    def names(self, gvk: GroupVersionKind, namespace: str = "team") -> list[str]:
        """The names of all objects of a followed kind, without what every cluster holds."""
        keys = (key for key in self._informers[gvk].items if key.namespace == namespace)
        return sorted(key.name for key in keys if key.name != "kube-root-ca.crt")

    async def read(self, gvk: GroupVersionKind, name: str, namespace: str = "team") -> Manifest | None:
        """The object as the API has it now."""
        try:
            return await self.client.get(gvk, namespace, name)
        except NotFoundError:
            return None

    def first(self, what: str, kind: str, name: str) -> int:
        """When something first happened: a place in `events`."""
        return self.events.index((what, kind, name))

    def _record(self, key: ObjectKey, old: Manifest | None, new: Manifest | None) -> None:
        what = "added" if old is None else "gone" if new is None else "changed"
        self.events.append((what, key.kind, key.name))
        before, after = (assess.assess(one) if one is not None else None for one in (old, new))
        if after is not None and after != before:
            self.events.append((after.status.lower(), key.kind, key.name))
        self._changed()

    def _client(self, user: str) -> KubeCluster:
        return KubeCluster(self.name, self.server, self._wire(user))

    def _wire(self, user: str) -> FunctionWire:
        return FunctionWire(self.api.handle, user, ("system:masters",))
