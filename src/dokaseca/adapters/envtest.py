"""A real kube-apiserver with its etcd, started as processes: what the Kubernetes projects call envtest.

There is no kubelet, no scheduler and no controller-manager. The ServiceAccount admission plugin is off: it would wait
for a controller that does not run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from dokaseca.adapters import orphan, process
from dokaseca.adapters.kube_wire import Credentials, HttpWire
from dokaseca.model.errors import TransientError, UserError
from dokaseca.ports.wire import WireRequest

READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.05
PROGRAMS: Final = ("kube-apiserver", "etcd")
ASSETS: Final = "KUBEBUILDER_ASSETS"  # where kubebuilder's setup-envtest puts the programs
_CONTAINED: Final = "dokaseca.adapters.contained"


class Certificates(Protocol):
    """Where a cluster's certificates lie."""

    @property
    def ca_certificate(self) -> Path: ...
    @property
    def server_certificate(self) -> Path: ...
    @property
    def server_key(self) -> Path: ...
    @property
    def admin_certificate(self) -> Path: ...
    @property
    def admin_key(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the executables lie."""

    apiserver: Path
    etcd: Path


@dataclass(frozen=True, slots=True)
class Ports:
    """On loopback: of the API, and of etcd for the API and for its peers, of which there are none."""

    api: int
    etcd: int
    peer: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is ready."""

    url: str
    credentials: Credentials
    processes: Mapping[str, asyncio.subprocess.Process]

    async def ended(self) -> str:
        """Wait until one of the programs ends by itself; which one, and how."""
        waiting = {asyncio.ensure_future(one.wait()): name for name, one in self.processes.items()}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
        return next(f"{name} ended with code {one.returncode}" for name, one in self.processes.items() if _is_over(one))


def find(environment: Mapping[str, str]) -> Programs:
    """The programs of `KUBEBUILDER_ASSETS`, or else of `PATH`.

    Raises:
        UserError: reason ProgramMissing: it names those that are in neither.
    """
    folders = os.pathsep.join(folder for name in (ASSETS, "PATH") if (folder := environment.get(name)))
    found = {name: shutil.which(name, path=folders) for name in PROGRAMS}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise UserError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} neither in ${ASSETS} nor on the PATH; "
            f"`setup-envtest use -p env` of controller-runtime fetches them",
            reason="ProgramMissing",
        )
    return Programs(*(Path(str(found[name])) for name in PROGRAMS))


@contextlib.asynccontextmanager
async def running(
    programs: Programs,
    folder: Path,
    certificates: Certificates,
    ports: Ports,
    *,
    ready_seconds: float = READY_SECONDS,
) -> AsyncIterator[Server]:
    """A server whose state lies in `folder`, where a later one finds it.

    Raises:
        TransientError: reason NotReady: a program ended early, or the server was not ready in time; the message ends
            with what they said last.
    """
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    arguments = {
        "etcd": (programs.etcd, etcd_arguments(folder, ports)),
        "kube-apiserver": (programs.apiserver, apiserver_arguments(certificates, ports)),
    }
    credentials = await asyncio.to_thread(_credentials, certificates)
    processes: dict[str, asyncio.subprocess.Process] = {}
    async with contextlib.AsyncExitStack() as stack:
        for name, (program, options) in arguments.items():
            log = folder / f"{name}.log"
            processes[name] = await stack.enter_async_context(_process(program, options, log))
        server = Server(f"https://127.0.0.1:{ports.api}", credentials, processes)
        await _ready(server, folder, ready_seconds)
        yield server


def etcd_arguments(folder: Path, ports: Ports) -> list[str]:
    """A single member on loopback."""
    client, peer = f"http://127.0.0.1:{ports.etcd}", f"http://127.0.0.1:{ports.peer}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
    ]


def apiserver_arguments(certificates: Certificates, ports: Ports) -> list[str]:
    """A server that asks RBAC, and believes client certificates of its authority."""
    return [
        f"--etcd-servers=http://127.0.0.1:{ports.etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports.api}",
        f"--tls-cert-file={certificates.server_certificate}",
        f"--tls-private-key-file={certificates.server_key}",
        f"--client-ca-file={certificates.ca_certificate}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={certificates.server_key}",
        f"--service-account-signing-key-file={certificates.server_key}",
        "--disable-admission-plugins=ServiceAccount",
        "--allow-privileged=true",
    ]


def free_ports(known: Mapping[str, int] | None = None) -> Ports:
    """Ports on loopback, all different: the ones that are known, and for the rest some that nobody listens on."""
    chosen = dict(known or {})
    with contextlib.ExitStack() as stack:
        for name in ("api", "etcd", "peer"):
            if name not in chosen:
                one = stack.enter_context(socket.socket())
                one.bind(("127.0.0.1", 0))
                chosen[name] = int(one.getsockname()[1])
    return Ports(chosen["api"], chosen["etcd"], chosen["peer"])


def _credentials(certificates: Certificates) -> Credentials:
    return Credentials(
        ca_pem=certificates.ca_certificate.read_text(),
        client_cert_pem=certificates.admin_certificate.read_text(),
        client_key_pem=certificates.admin_key.read_text(),
    )


@contextlib.asynccontextmanager
async def _process(program: Path, arguments: list[str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child in a session of its own (Ctrl-C is for us), which ends with us."""
    with log.open("wb") as output:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _CONTAINED, str(program), *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=process.clean_environment({orphan.PARENT: str(os.getpid())}),
            start_new_session=True,
        )
    try:
        yield child
    finally:
        await _stop(child)


async def _stop(child: asyncio.subprocess.Process) -> None:
    if _is_over(child):
        return
    child.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


async def _ready(server: Server, folder: Path, seconds: float) -> None:
    wire = HttpWire(server.url, server.credentials)
    try:
        async with asyncio.timeout(seconds):
            while not await _answers(wire):
                for name, child in server.processes.items():
                    if _is_over(child):
                        said = _last_words(folder)
                        raise TransientError(f"{name} ended with code {child.returncode}: {said}", reason="NotReady")
                await asyncio.sleep(LOOK_SECONDS)  # nothing but asking tells when another program is ready
    except TimeoutError as error:
        raise TransientError(f"not ready after {seconds:g} s: {_last_words(folder)}", reason="NotReady") from error
    finally:
        await wire.close()


async def _answers(wire: HttpWire) -> bool:
    try:
        return (await wire.send(WireRequest("GET", "/readyz"))).status == 200
    except TransientError:
        return False


def _is_over(child: asyncio.subprocess.Process) -> bool:
    return child.returncode is not None


def _last_words(folder: Path) -> str:
    logs = [folder / f"{name}.log" for name in reversed(PROGRAMS)]
    return " | ".join(log.read_text(errors="replace")[-500:].strip() for log in logs if log.exists())
