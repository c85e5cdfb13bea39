"""What `dokaseca doctor` looks at: one function per check, none of which changes anything."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from dokaseca.cli import tools
from dokaseca.kit import redact
from dokaseca.model.errors import DokaSecaError
from dokaseca.wiring import layout as layouts
from dokaseca.wiring.layout import Layout

Result = Literal["ok", "warn", "fail"]

PYTHON_MINIMUM: Final = (3, 11)
NEEDED_BYTES: Final = 50 * 2**20  # what the example platform takes
COMFORTABLE_BYTES: Final = 500 * 2**20
_CHART: Final = {
    "Chart.yaml": b"apiVersion: v2\nname: probe\nversion: 1.0.0\n",
    "templates/probe.yaml": b"kind: {{ .Release.Name }}\n",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `to_do` is empty when it is ok."""

    name: str
    result: Result
    found: str
    to_do: str = ""


async def run(layout: Layout) -> list[Check]:
    """Every check, in order; one that cannot be made fails and does not stop the others."""
    checks: dict[str, Callable[[Layout], Awaitable[Check]]] = {
        "python": _python,
        "git": _git,
        "helm": _helm,
        "kubectl": _kubectl,
        "folder": _folder,
        "disk": _disk,
        "platform.yaml": _platform_file,
        "platform": _platform,
        "ports": _ports,
    }
    found = []
    for name, check in checks.items():
        try:
            found.append(await check(layout))
        except DokaSecaError as error:
            text = redact.text(error.message)
            what, _, to_do = text.partition("; ")
            found.append(Check(name, "fail", what, to_do or "correct it and run `dokaseca doctor` again"))
    return found


async def _python(layout: Layout) -> Check:
    if sys.version_info >= PYTHON_MINIMUM:
        return Check("python", "ok", platform.python_version())
    return Check("python", "fail", platform.python_version(), "use Python 3.11 or later")


async def _git(layout: Layout) -> Check:
    version = await tools.git_version()
    if tools.is_enough(version, tools.GIT_MINIMUM):
        return Check("git", "ok", version)
    return Check("git", "fail", version, f"install git {'.'.join(map(str, tools.GIT_MINIMUM))} or later")


async def _helm(layout: Layout) -> Check:
    from dokaseca.adapters.helm import HelmWorkers
    from dokaseca.ports.renderer import HelmRequest

    (version,) = await tools.helm_version()
    workers = HelmWorkers(timeout_seconds=tools.SECONDS)
    try:
        rendered = await workers.render(HelmRequest(release_name="ready", namespace="default", files=_CHART))
    finally:
        await workers.close()
    if "kind: ready" in rendered:
        return Check("helm", "ok", f"{version}, renders charts")
    return Check("helm", "fail", f"{version} rendered something else than the chart says", "install dokaseca again")


async def _kubectl(layout: Layout) -> Check:
    kubectl, kustomize = await tools.kubectl_versions()
    return Check("kubectl", "ok", f"{kubectl}, Kustomize {kustomize}")


async def _folder(layout: Layout) -> Check:
    existing = _existing(layout.root)
    if not existing.is_dir():
        return Check("folder", "fail", f"{existing} is not a folder", "choose another folder with --dir")
    if not os.access(existing, os.W_OK | os.X_OK):
        return Check(
            "folder", "fail", f"{existing} cannot be written", "correct its permissions, or choose another with --dir"
        )
    return Check("folder", "ok", f"{layout.root} {'is writable' if layout.root.exists() else 'can be made'}")


async def _disk(layout: Layout) -> Check:
    free = shutil.disk_usage(_existing(layout.root)).free
    found = f"{free / 2**20:.0f} MiB free"
    if free < NEEDED_BYTES:
        return Check("disk", "fail", found, f"free some: a platform needs about {NEEDED_BYTES // 2**20} MiB")
    if free < COMFORTABLE_BYTES:
        return Check("disk", "warn", found, "free some before you add clusters")
    return Check("disk", "ok", found)


async def _platform_file(layout: Layout) -> Check:
    from dokaseca.bridge import platform as platforms

    if not layout.platform_file.exists():
        return Check("platform.yaml", "ok", "none yet; `dokaseca up` writes the example's")
    try:
        content = layout.platform_file.read_bytes()
    except OSError as error:
        return Check("platform.yaml", "fail", f"cannot be read ({error.strerror})", "correct its permissions")
    try:
        found = platforms.load(content, subject=str(layout.platform_file))
    except DokaSecaError as error:
        problems = error.message.splitlines()
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return Check("platform.yaml", "fail", problems[0] + more, "correct the file")
    names = ", ".join(one.name for one in (found.hub, *found.clusters))
    return Check("platform.yaml", "ok", f"platform {found.name}: {names}")


async def _platform(layout: Layout) -> Check:
    pid = layouts.running_pid_or_none(layout)
    if pid is None:
        return Check("platform", "warn", "not running", f"start it with `dokaseca up --dir {layout.root}`")
    return Check("platform", "ok", f"running (pid {pid})")


async def _ports(layout: Layout) -> Check:
    ports = layouts.read_ports(layout)
    if not ports:
        return Check("ports", "ok", "none chosen yet; `dokaseca up` takes free ones")
    is_running = layouts.running_pid_or_none(layout) is not None
    wrong = {name: port for name, port in ports.items() if _is_listened_on(port) != is_running}
    if not wrong:
        return Check("ports", "ok", f"{_listed(ports)} {'answer' if is_running else 'are free'}")
    if is_running:
        return Check("ports", "warn", f"{_listed(wrong)} do not answer", "look at the log of `dokaseca up`")
    return Check(
        "ports",
        "fail",
        f"{_listed(wrong)} are taken by another program",
        f"end it, or remove the names from {layout.ports} to let `dokaseca up` choose others",
    )


def _listed(ports: dict[str, int]) -> str:
    return ", ".join(f"{name} {port}" for name, port in sorted(ports.items()))


def _is_listened_on(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _existing(path: Path) -> Path:
    """The nearest ancestor that is there."""
    while not path.exists():
        path = path.parent
    return path
