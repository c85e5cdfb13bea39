"""A platform that others run: a hub and a spoke on HTTPS ports, served from a thread of their own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import orjson
from click.testing import CliRunner, Result
from tests.fakes.dock_thread import DockThread

from dokaseca.adapters import git_seed, kubeconfig
from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import FunctionWire
from dokaseca.bridge import bootstrap, examples, manifests, secret
from dokaseca.cli.main import root
from dokaseca.dock.dock import DockCluster
from dokaseca.model import application as applications
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.wiring import layout as layouts

T = TypeVar("T")

CLUSTER = GroupVersionKind("cluster.x-k8s.io", "v1beta1", "Cluster")
SECRET = GroupVersionKind("", "v1", "Secret")


class Platform:
    """Drives the command line against a running hub; objects are put into the hub directly.

    Attributes:
        hub, spoke: in-process clients, to be used in `run` only.
    """

    def __init__(self, folder: Path) -> None:
        self.layout = layouts.prepare(folder)
        self.layout.platform_file.write_bytes(examples.default_platform())
        self._thread: DockThread
        self.hub: KubeCluster
        self.spoke: KubeCluster

    def start(self) -> None:
        logging.getLogger("aiohttp.server").disabled = True  # another process' log in real life
        self._thread = DockThread()
        self.run(self._start)

    def stop(self) -> None:
        self._thread.stop()
        logging.getLogger("aiohttp.server").disabled = False

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work()` gives, in the platform's own thread."""
        return self._thread.run(work)

    def start_task(self, work: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Runs `work()` in the platform's thread until the function that is returned is called."""

        async def begin() -> asyncio.Task[None]:
            return asyncio.ensure_future(work())  # type: ignore[return-value]

        task = self.run(begin)

        async def end() -> None:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

        return lambda: self.run(end)

    def start_future(self, work: Callable[[], Awaitable[T]]) -> Future[T]:
        """`work()` under way in the platform's own thread."""
        return self._thread.start(work)

    def put(self, *objects: Manifest) -> None:
        """Create or replace objects of the hub."""

        async def apply() -> None:
            for one in objects:
                await self.hub.apply(one, field_manager="test", force=True)

        self.run(apply)

    def get(self, name: str) -> Manifest:
        """An Application of the hub."""
        return self.run(lambda: self.hub.get(applications.GVK, "argocd", name))

    def cluster_secret(self, name: str) -> Manifest:
        return self.run(lambda: self.hub.get(SECRET, "argocd", name))

    def call(self, *arguments: str, code: int = 0) -> Result:
        """`dokaseca <arguments> --dir <folder>`, which must exit with `code`."""
        result = CliRunner().invoke(root, [*arguments, "--dir", str(self.layout.root)], prog_name="dokaseca")
        assert result.exit_code == code, f"{result.exit_code}: {result.stdout}{result.stderr}"
        assert "Traceback" not in result.stderr
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        return orjson.loads(self.call(*arguments, "-o", "json", code=code).stdout)

    def refused(self, *arguments: str, code: int = 2) -> str:
        """What stderr says of a call that must fail."""
        result = self.call(*arguments, code=code)
        assert result.stdout == ""
        return result.stderr

    async def _start(self) -> None:
        hub = await self._thread.dock.start("hub", folder=None)
        spoke = await self._thread.dock.start("dev", folder=None)
        self.hub, self.spoke = _client("hub", hub), _client("dev", spoke)
        for crd in manifests.crds():
            await self.hub.apply(crd, field_manager="test", force=True)
        await self.hub.resources(refresh=True)
        config = secret.remote_config(spoke.ca_pem, spoke.client_cert_pem, spoke.client_key_pem)
        for one in (
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}},
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "clusters"}},
            bootstrap.default_project(),
            secret.cluster_secret("hub", environment="control-plane", addons={"version": "v1.36.0"}),
            secret.cluster_secret("dev", server=spoke.server_url, config=config, addons={"team-a": "true"}),
        ):
            await self.hub.apply(one, field_manager="test", force=True)
        for name, cluster in (("hub", hub), ("dev", spoke)):
            kubeconfig.write(self.layout.kubeconfigs / f"{name}.yaml", cluster.kubeconfig())
        kubeconfig.write(self.layout.kubeconfig, kubeconfig.merge([hub.kubeconfig(), spoke.kubeconfig()]))


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Platform]:
    """A platform in `folder`, its lock held."""
    platform = Platform(folder)
    with layouts.locked(platform.layout):
        platform.start()
        try:
            yield platform
        finally:
            platform.stop()


def application(name: str, *, cluster: str = "dev", url: str = "https://git.test/r.git", **more: Any) -> Manifest:
    """An Application of one Git source; `status`, `labels`, `operation` and parts of the spec on request."""
    labels, namespace = more.pop("labels", {}), more.pop("namespace", "argocd")
    top = {part: more.pop(part) for part in ("status", "operation") if part in more}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "project": "default",
            "source": {"repoURL": url, "path": "app", "targetRevision": "main"},
            "destination": {"name": cluster, "namespace": "default"},
            **more,
        },
        **top,
    }


def status(sync: str = "Synced", health: str = "Healthy", revision: str = "a" * 40, **more: Any) -> dict[str, Any]:
    return {"sync": {"status": sync, "revision": revision}, "health": {"status": health}, **more}


def repository(path: Path, files: dict[str, str]) -> str:
    """The URL of a new repository with one commit."""
    git_seed.create_bare(path, {name: text.encode() for name, text in files.items()}, message="start")
    return path.as_uri()


def _client(name: str, cluster: DockCluster) -> KubeCluster:
    return KubeCluster(name, cluster.server_url, FunctionWire(cluster.api.handle, "test", ("system:masters",)))
