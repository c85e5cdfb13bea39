"""A Kubernetes API for tests, in one line: `with testing.cluster() as cluster: cluster.kubectl("get", "namespaces")`.

The cluster lives in a thread of this process and in memory: it is there in well under a second, needs no Docker, and is
gone with the block. Its nodes are simulated, so that Deployments become ready.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

from dokaseca.adapters import kubeconfig, kustomize, process
from dokaseca.model.errors import UserError
from dokaseca.wiring import standalone
from dokaseca.wiring.standalone import Options, Running

T = TypeVar("T")

KUBECTL_SECONDS: Final = 60.0
CONTEXT: Final = "dock"


class KubectlError(AssertionError):
    """kubectl said no; the message holds what it wrote to stderr."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster.

    Attributes:
        kubeconfig_path: the administrator's; the file is gone with the cluster.
        server_url: where its API is.
    """

    kubeconfig_path: Path
    server_url: str
    _thread: _Thread

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point a client at this cluster and keep its caches away from those of other clusters."""
        return {"KUBECONFIG": str(self.kubeconfig_path), "HOME": str(self.kubeconfig_path.parent)}

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """What `kubectl ARGUMENTS` prints; the kubectl is the one that dokaseca brings along.

        Raises:
            KubectlError: it ended with another code than 0.
            TransientError: it took longer than a minute.
        """
        argv = [kustomize.kubectl(), *arguments]
        work = process.run(argv, timeout_seconds=KUBECTL_SECONDS, env=self.environment, stdin=stdin.encode())
        completed = self._thread.run(work)
        if completed.returncode != 0:
            said = completed.stderr.decode(errors="replace").strip()
            raise KubectlError(f"kubectl {' '.join(arguments)} ended with code {completed.returncode}: {said}")
        return completed.stdout.decode(errors="replace")

    def apply(self, manifests: str, *arguments: str) -> str:
        """`kubectl apply` of YAML or JSON text; raises as `kubectl`."""
        return self.kubectl("apply", *arguments, "--filename", "-", stdin=manifests)


class cluster:  # noqa: N801 - read as a function: `with testing.cluster() as cluster`
    """A cluster for as long as the block lasts, for `with` and for `async with`.

    Args:
        folder: keeps the state there, so that a later cluster resumes it; None keeps everything in memory.
        simulator: whether Pods start and controllers work; without, objects are only stored.
        nodes: how many nodes to simulate.
        port: of the API; 0 takes a free one.

    Raises, when the block is entered:
        UserError: the port is in use, or the folder cannot be used.
    """

    def __init__(self, *, folder: Path | None = None, simulator: bool = True, nodes: int = 1, port: int = 0) -> None:
        if nodes < 1:
            raise UserError("nodes must be 1 or more; simulator=False makes a cluster without nodes")
        place = folder.expanduser().resolve() if folder is not None else None
        self._options = Options(folder=place, port=port, simulate=simulator, node_count=nodes)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Cluster:
        with contextlib.ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dokaseca-test-")))
            thread = stack.enter_context(_Thread())
            running = thread.run(thread.enter(standalone.running(CONTEXT, self._options)))
            path = home / "kubeconfig"
            kubeconfig.write(path, running.kubeconfig(CONTEXT))
            self._stack = stack.pop_all()
            return Cluster(path, running.cluster.server_url, thread)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    async def __aenter__(self) -> Cluster:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._stack.close)


class _Thread:
    """An event loop in a thread of its own: the cluster answers while a test blocks."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dokaseca-testing", daemon=True)
        self._entered = contextlib.AsyncExitStack()

    def __enter__(self) -> _Thread:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.run(self._entered.aclose())
            self.run(self._loop.shutdown_default_executor())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` gives, from any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def enter(self, running: contextlib.AbstractAsyncContextManager[Running]) -> Running:
        """Enter what is left when the thread ends."""
        return await self._entered.enter_async_context(running)
