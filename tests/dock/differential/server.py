"""A real kube-apiserver with its etcd, for as long as the tests run; nothing where the programs are not installed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from dokaseca.dock import pki

_READY_SECONDS = 60.0
_STOP_SECONDS = 10.0
_TOKEN = "differential"


@dataclass(frozen=True)
class Programs:
    """Where the executables lie."""

    apiserver: Path
    etcd: Path


class NotReady(Exception):
    """The server did not come up; the message ends with what it said last."""


def find_or_none(environment: Mapping[str, str]) -> Programs | None:
    """The programs of `KUBEBUILDER_ASSETS`, or else of `PATH`."""
    folders = os.pathsep.join(
        folder for folder in (environment.get("KUBEBUILDER_ASSETS"), environment.get("PATH")) if folder
    )
    found = [shutil.which(name, path=folders) for name in ("kube-apiserver", "etcd")]
    return Programs(Path(found[0]), Path(found[1])) if found[0] and found[1] else None


@contextlib.asynccontextmanager
async def running(
    programs: Programs, folder: Path, *, ready_seconds: float = _READY_SECONDS
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session with a new, empty server.

    Raises:
        NotReady: a program ended early, or the server was not ready in time.
    """
    etcd_port, peer_port, port = free_ports(3)
    certificates = await asyncio.to_thread(pki.ensure, folder / "pki")
    (folder / "tokens.csv").write_text(f"{_TOKEN},admin,admin,system:masters\n")
    async with contextlib.AsyncExitStack() as stack:
        etcd = await stack.enter_async_context(
            _process(programs.etcd, etcd_arguments(folder, etcd_port, peer_port), folder / "etcd.log")
        )
        server = await stack.enter_async_context(
            _process(
                programs.apiserver, apiserver_arguments(folder, certificates, etcd_port, port), folder / "server.log"
            )
        )
        context = ssl.create_default_context(cafile=str(certificates.ca_certificate))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                f"https://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {_TOKEN}"},
                connector=aiohttp.TCPConnector(ssl=context),
            )
        )
        await _ready(session, {"etcd": etcd, "kube-apiserver": server}, folder, ready_seconds)
        yield session


def etcd_arguments(folder: Path, port: int, peer_port: int) -> list[str]:
    """A single member on loopback that need not survive."""
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync=true",
    ]


def apiserver_arguments(folder: Path, certificates: pki.Pki, etcd_port: int, port: int) -> list[str]:
    """A server without kubelets; the ServiceAccount plugin would wait for a controller that does not run."""
    return [
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={certificates.server_certificate}",
        f"--tls-private-key-file={certificates.server_key}",
        f"--client-ca-file={certificates.ca_certificate}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={certificates.server_key}",
        f"--service-account-signing-key-file={certificates.server_key}",
        "--disable-admission-plugins=ServiceAccount",
        "--allow-privileged=true",
    ]


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@contextlib.asynccontextmanager
async def _process(program: Path, arguments: list[str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            str(program), *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _ready(
    session: aiohttp.ClientSession,
    processes: Mapping[str, asyncio.subprocess.Process],
    folder: Path,
    seconds: float,
) -> None:
    try:
        async with asyncio.timeout(seconds):
            while True:
                for name, process in processes.items():
                    if process.returncode is not None:
                        raise NotReady(f"{name} ended with code {process.returncode}: {_last_words(folder)}")
                try:
                    async with session.get("/readyz") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)  # nothing but asking tells when another program is ready
    except TimeoutError as error:
        raise NotReady(f"not ready after {seconds:g} s: {_last_words(folder)}") from error


def _last_words(folder: Path) -> str:
    logs = [folder / name for name in ("etcd.log", "server.log")]
    return " | ".join(log.read_text(errors="replace")[-500:].strip() for log in logs if log.exists())
