"""Many clusters in one process: each with its API, its certificates, its port and its folder."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dokaseca.dock import http, jwt, pki
from dokaseca.dock.api import Api
from dokaseca.dock.authn import Authenticator
from dokaseca.dock.store.sqlite import SqliteStorage
from dokaseca.dock.store.storage import MemoryStorage, Storage
from dokaseca.kit.clock import Clock, SystemClock
from dokaseca.model import kubeconfig
from dokaseca.runtime.supervise import Supervisor


@dataclass(slots=True)
class DockCluster:
    """A running cluster.

    Attributes:
        api: its API for callers in this process (`await api.handle(request)`); no task is needed to call it.
        folder: where its state lies, None for a cluster that lives in memory.
        authenticator: where further bearer tokens are added.
    """

    name: str
    api: Api
    port: int
    folder: Path | None
    ca_pem: str
    client_cert_pem: str
    client_key_pem: str
    authenticator: Authenticator
    _listener: http.Listener = field(repr=False)
    _supervisor: Supervisor = field(repr=False)

    @property
    def server_url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def kubeconfig(self) -> dict[str, Any]:
        """A kubeconfig for the administrator, with one context named like the cluster."""
        return kubeconfig.for_certificate(
            self.name, self.server_url, self.ca_pem, self.client_cert_pem, self.client_key_pem
        )


class Dock:
    """Starts and stops clusters by name; every method is idempotent.

    Args:
        clock: what objects are stamped with.
    """

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._clusters: dict[str, DockCluster] = {}

    @property
    def clusters(self) -> dict[str, DockCluster]:
        """The running clusters by name."""
        return dict(self._clusters)

    async def start(self, name: str, *, folder: Path | None, port: int = 0) -> DockCluster:
        """Bring a cluster up, with what its folder holds from before.

        Args:
            folder: for `state.db` and `pki/`; None keeps everything in memory.
            port: 0 takes a free one.

        Raises:
            UserError: reasons PortInUse, StateLocked (another process runs it), StateUnusable.
            IntegrityError: the state is damaged.
        """
        running = self._clusters.get(name)
        if running is not None:
            return running
        if folder is not None:
            certificates = await asyncio.to_thread(pki.ensure, folder / "pki")
            cluster = await self._serve(name, await _open(folder), certificates, folder, port)
        else:
            with tempfile.TemporaryDirectory(prefix="dokaseca-") as temporary:
                certificates = await asyncio.to_thread(pki.ensure, Path(temporary))
                cluster = await self._serve(name, MemoryStorage(), certificates, None, port)
        self._clusters[name] = cluster
        return cluster

    async def _serve(
        self, name: str, storage: Storage, certificates: pki.Pki, folder: Path | None, port: int
    ) -> DockCluster:
        supervisor = Supervisor(f"dock/{name}")
        try:
            ca_pem = certificates.ca_certificate.read_text()
            signer = await asyncio.to_thread(jwt.of_folder, folder / "pki" / "sa.key") if folder is not None else None
            make = partial(Api, name, storage, clock=self._clock, ca_pem=ca_pem, signer=signer)
            api = await asyncio.to_thread(make)  # reads all objects, and waits for the first commit
            listener = http.Listener(api, certificates, api.authenticator)
            bound = await listener.start(port)
            api.address = f"127.0.0.1:{bound}"
        except BaseException:
            storage.close()
            raise
        supervisor.start("lifecycle", api.run())
        return DockCluster(
            name=name,
            api=api,
            port=bound,
            folder=folder,
            ca_pem=ca_pem,
            client_cert_pem=certificates.admin_certificate.read_text(),
            client_key_pem=certificates.admin_key.read_text(),
            authenticator=api.authenticator,
            _listener=listener,
            _supervisor=supervisor,
        )

    async def stop(self, name: str) -> None:
        """Take a cluster down; its state stays."""
        cluster = self._clusters.pop(name, None)
        if cluster is None:
            return
        await cluster._listener.stop()
        await cluster._supervisor.stop()
        cluster.api.close()

    async def delete(self, name: str) -> None:
        """Take a cluster down and remove its folder."""
        cluster = self._clusters.get(name)
        folder = cluster.folder if cluster is not None else None
        await self.stop(name)
        if folder is not None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def close(self) -> None:
        """Take all clusters down."""
        for name in list(self._clusters):
            await self.stop(name)


async def _open(folder: Path) -> SqliteStorage:
    return await asyncio.to_thread(SqliteStorage, folder / "state.db")
