"""Docks by name: started in the background or here, stopped, listed, deleted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from dokaseca.adapters import daemon, kubeconfig, kubeconfig_merge
from dokaseca.kit import clock, yaml_in
from dokaseca.kit.clock import SystemClock
from dokaseca.model import errors
from dokaseca.model.errors import DokaSecaError, TransientError, UserError
from dokaseca.wiring import dock_folder as folders
from dokaseca.wiring.dock_folder import LOOK_SECONDS, DockFolder, Record

START_SECONDS: Final = 60.0  # a hundred times what it takes on a machine that has nothing else to do
STOP_SECONDS: Final = 30.0  # it closes connections and its database in well under a second


@dataclass(frozen=True, slots=True)
class Wishes:
    """What `start` was asked for; None keeps what the dock had before, or the default.

    Attributes:
        kubeconfig: of the user, to hold a context of the dock too.
    """

    in_memory: bool | None = None
    simulator: bool | None = None
    nodes: int | None = None
    port: int | None = None
    kubeconfig: Path | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A dock as `list` shows it; `record` is None where it cannot be read."""

    name: str
    state: str
    record: Record | None


def start(folder: DockFolder, wishes: Wishes, program: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Have the dock run in the background, ready for requests; whether it was not running before.

    Args:
        program: what serves the folder that is appended to it, as `serve` does.

    Raises:
        UserError, ConflictError, TransientError: what keeps it from starting.
    """
    folders.read_or_none(folder)
    with folders.controlled(folder):
        record = prepare(folder, wishes)
        is_new = folders.pid_or_none(folder) is None
        if is_new:
            argv = [*program, str(folder.root)]
            started = daemon.start(argv, folder.log, environment, timeout_seconds=START_SECONDS)
            _raise_what_it_said(started, folder)
        put_contexts(folder, record)
    return is_new


def prepare(folder: DockFolder, wishes: Wishes) -> Record:
    """Remember what is wished for; of a dock that runs, only another kubeconfig.

    Raises:
        UserError: the wish cannot be fulfilled.
    """
    found = folders.read_or_none(folder)
    record = found or Record(folder.name, clock.rfc3339(SystemClock().now()))
    if wishes.kubeconfig is not None:
        path = wishes.kubeconfig.expanduser().absolute()
        is_known = str(path) in record.kubeconfigs
        kubeconfig_merge.check(path, {} if is_known else None, folder.context)
        record = replace(record, kubeconfigs=tuple(dict.fromkeys([*record.kubeconfigs, str(path)])))
    if folders.pid_or_none(folder) is None:
        if wishes.in_memory and found is not None and not found.in_memory:
            raise UserError(
                f"dock {folder.name} keeps its state on disk; `dokaseca dock delete {folder.name}` it first, or "
                "start it without --in-memory",
                reason="KeptOnDisk",
            )
        wished: dict[str, Any] = {"simulator": wishes.simulator, "nodes": wishes.nodes, "port": wishes.port}
        record = replace(record, in_memory=bool(wishes.in_memory or record.in_memory))
        record = replace(record, **{name: value for name, value in wished.items() if value is not None})
    folders.write(folder, record)
    return record


@contextlib.asynccontextmanager
async def serve(folder: DockFolder) -> AsyncIterator[asyncio.Event]:
    """Run the dock in this process; the block is entered when it is ready. The event is set when it has failed.

    Raises:
        ConflictError: another process runs it.
        UserError, IntegrityError, TransientError: what keeps it from starting.
    """
    from dokaseca.dock import discovery
    from dokaseca.wiring import standalone

    record = folders.read(folder)
    options = standalone.Options(
        folder=None if record.in_memory else folder.state,
        port=record.port,
        simulate=record.simulator,
        node_count=record.nodes,
    )
    with folders.held(folder):
        async with standalone.running(folder.name, options) as running:
            cluster = running.cluster
            kubeconfig.write(folder.kubeconfig, running.kubeconfig(folder.context))
            folders.write(
                folder,
                replace(record, port=cluster.port, server=cluster.server_url, version=discovery.GIT_VERSION),
            )
            yield running.tasks.failed


@contextlib.asynccontextmanager
async def foreground(folder: DockFolder, wishes: Wishes) -> AsyncIterator[asyncio.Event]:
    """As `start` and `serve` in one: the dock runs here, while the block lasts."""
    folders.read_or_none(folder)
    with contextlib.ExitStack() as control:
        control.enter_context(folders.controlled(folder))
        record = prepare(folder, wishes)
        async with serve(folder) as failed:
            put_contexts(folder, record)
            control.close()
            yield failed


async def until(stop: asyncio.Event, failed: asyncio.Event) -> None:
    """Wait for the signal to stop.

    Raises:
        TransientError: a part of the dock has failed: it cannot go on.
    """
    waiting = [asyncio.ensure_future(one.wait()) for one in (stop, failed)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting)
    if failed.is_set() and not stop.is_set():
        raise TransientError("a part of the dock has failed, the log says which; start it again", reason="Failed")


def put_contexts(folder: DockFolder, record: Record) -> None:
    """Bring the context in every kubeconfig that holds it up to date: a port or an authority may be new."""
    config = _config(folder)
    for path in record.kubeconfigs:
        kubeconfig_merge.put(Path(path), config, may_replace=True)


def stop(folder: DockFolder) -> bool:
    """Stop the dock, its state stays; whether it ran.

    Raises:
        NotFoundError: there is none of that name.
        TransientError: it does not stop.
    """
    folders.read(folder)
    with folders.controlled(folder):
        return _stop(folder)


def delete(folder: DockFolder) -> list[str] | None:
    """Stop the dock and delete what is its own; None when there is none, else what others have put into its folder.

    Raises:
        UserError: the folder is not a dock's.
        TransientError: it does not stop, or cannot be deleted.
    """
    if folders.read_or_none(folder) is None:
        return None
    with folders.controlled(folder):
        record = folders.read_or_none(folder)
        _stop(folder)
        if record is not None and folder.kubeconfig.exists():
            config = _config(folder)
            for path in record.kubeconfigs:
                kubeconfig_merge.take_out(Path(path), config)
        return folders.remove(folder)


def listed(parent: Path) -> list[Listed]:
    """Every dock in a folder, by name."""
    found = []
    for folder in folders.known(parent):
        try:
            record = folders.read_or_none(folder)
        except UserError:
            record = None
        state = "running" if folders.pid_or_none(folder) is not None else "stopped"
        found.append(Listed(folder.name, state if record is not None else "damaged", record))
    return found


def error_word(error: DokaSecaError) -> bytes:
    """An error as the process that serves tells it to the one that waits."""
    parts = {"type": type(error).__name__, "message": error.message, "reason": error.reason, "subject": error.subject}
    return orjson.dumps(parts)


def _raise_what_it_said(started: daemon.Started, folder: DockFolder) -> None:
    word = orjson.loads(started.word)
    if not word:
        return
    daemon.reap(started.pid)
    kind = getattr(errors, word["type"], TransientError)
    kind = kind if kind in (errors.UserError, errors.ConflictError, errors.IntegrityError) else TransientError
    raise kind(word["message"], reason=word["reason"], subject=word["subject"] or f"dock {folder.name}")


def _config(folder: DockFolder) -> Mapping[str, Any]:
    """The dock's own kubeconfig."""
    try:
        found: Mapping[str, Any] = yaml_in.load(folder.kubeconfig.read_bytes(), subject=str(folder.kubeconfig))
    except (OSError, yaml_in.InvalidYAML) as error:
        raise UserError(
            f"cannot be read; `dokaseca dock stop {folder.name}` and start it again: it is written anew",
            reason="InvalidKubeconfig",
            subject=str(folder.kubeconfig),
        ) from error
    return found


def _stop(folder: DockFolder) -> bool:
    pid = folders.pid_or_none(folder)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    except PermissionError as error:
        raise UserError(
            f"dock {folder.name} runs as another user (pid {pid}); stop it as that user", reason="NotPermitted"
        ) from error
    deadline = time.monotonic() + STOP_SECONDS
    while folders.pid_or_none(folder) == pid:
        if time.monotonic() > deadline:
            raise TransientError(
                f"process {pid} did not stop within {STOP_SECONDS:.0f} s; kill it: its state is safe",
                reason="StillRunning",
            )
        time.sleep(LOOK_SECONDS)
    return True
