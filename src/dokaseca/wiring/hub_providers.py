"""A hub that is no dock (`ports.cluster_provider.ClusterProvider`): our own API server, or a cluster of theirs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

from dokaseca.adapters import envtest, kubeconfig
from dokaseca.dock import pki
from dokaseca.model.errors import UserError
from dokaseca.ports.cluster_provider import ClusterEndpoint
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.layout import Layout

_PORTS: Final = {"api": "", "etcd": "/etcd", "peer": "/etcd-peer"}  # their entries among the ports, behind the name


class EnvtestProvider:
    """A kube-apiserver and an etcd, which end with this process; their state lies in the platform's folder."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._running = contextlib.AsyncExitStack()
        self._endpoint: ClusterEndpoint | None = None
        self.server: envtest.Server | None = None

    async def ensure(self, name: str, version: str) -> ClusterEndpoint:
        """Start the two programs, or find them running.

        Raises:
            UserError: reason ProgramMissing.
            TransientError: reason NotReady.
        """
        if self._endpoint is not None:
            return self._endpoint
        programs = envtest.find(os.environ)
        folder = self._layout.clusters / name
        certificates = await asyncio.to_thread(pki.ensure, folder / "pki")
        starting = envtest.running(programs, folder, certificates, self._ports(name))
        self.server = await self._running.enter_async_context(starting)
        credentials = self.server.credentials
        self._endpoint = ClusterEndpoint(
            self.server.url, credentials.ca_pem, credentials.client_cert_pem, credentials.client_key_pem, version
        )
        return self._endpoint

    async def remove(self, name: str) -> None:
        """Stop them and delete what they stored; idempotent."""
        await self.close()
        await asyncio.to_thread(shutil.rmtree, self._layout.clusters / name, ignore_errors=True)

    async def close(self) -> None:
        """Stop them; what they stored stays."""
        self._endpoint = self.server = None
        await self._running.aclose()

    def _ports(self, name: str) -> envtest.Ports:
        known = layouts.read_ports(self._layout)
        ports = envtest.free_ports({part: known[name + end] for part, end in _PORTS.items() if name + end in known})
        chosen = {name + end: int(getattr(ports, part)) for part, end in _PORTS.items()}
        layouts.write_ports(self._layout, {**known, **chosen})
        return ports


class KubeconfigProvider:
    """A cluster that was there before us, reached as a context of a kubeconfig says; it is never deleted.

    Args:
        context: empty for the file's current one.
    """

    def __init__(self, path: Path, context: str) -> None:
        self._path = path
        self._context = context

    async def ensure(self, name: str, version: str) -> ClusterEndpoint:
        """Where it is.

        Raises:
            UserError: the kubeconfig cannot be used.
        """
        found = await asyncio.to_thread(kubeconfig.load, self._path, self._context)
        trust = found.credentials
        if trust.insecure or trust.server_name or trust.username or not found.server.startswith("https://"):
            raise UserError(
                f"context {found.context!r} cannot be a hub: it must be https, trusted by its authority under its own "
                "name, and log in with a client certificate or a token",
                reason="InvalidKubeconfig",
                subject=str(self._path),
            )
        token = "" if trust.client_cert_pem else trust.token
        return ClusterEndpoint(
            found.server, trust.ca_pem, trust.client_cert_pem, trust.client_key_pem, version, token=token
        )

    async def remove(self, name: str) -> None:
        """Raises UserError: it is not ours to delete."""
        raise UserError(
            f"cluster {name} is somebody else's and is not deleted", reason="NotOurs", subject=str(self._path)
        )

    async def close(self) -> None:
        """Nothing to stop."""
