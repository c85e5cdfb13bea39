"""The only starter of child processes: bounded in time and output, killed as a group."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dokaseca.adapters import orphan
from dokaseca.model.errors import TransientError, UserError

OUTPUT_BYTES = 64 * 1024 * 1024  # no tool that we call prints more for sane input
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")  # curl reads http_proxy in lower case only
KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *PROXIES,
    *(name.upper() for name in PROXIES),
)
_GONE = (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError)


@dataclass(frozen=True, slots=True)
class Completed:
    """How a process ended."""

    returncode: int
    stdout: bytes
    stderr: bytes


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables a child gets: a short allow-list of ours, and `more`."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | dict(more or {})


async def run(
    argv: Sequence[str],
    *,
    timeout_seconds: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    output_limit_bytes: int = OUTPUT_BYTES,
    memory_bytes: int | None = None,
    inherits: bool = True,
) -> Completed:
    """Run a program to its end.

    Args:
        env: added to the allow-listed variables of this process.
        memory_bytes: of data that the program itself may have; on Linux only.
        inherits: whether it gets the allow-listed variables; without, `env` is all.

    Raises:
        UserError: reasons ProgramMissing, InvalidArgument (NUL, too long, no such `cwd`), OutputTooLarge.
        TransientError: reason Timeout: it took longer than `timeout_seconds`.

    However it ends, nothing of its process group is left running.
    """
    given = clean_environment(env) if inherits else dict(env or {})
    process = await _start(argv, cwd=cwd, env=given, stderr=asyncio.subprocess.PIPE)
    try:
        if memory_bytes is not None:
            _limit_memory(process.pid, memory_bytes)
        async with asyncio.timeout(timeout_seconds):
            out, err = await _communicate(process, stdin, output_limit_bytes)
            await process.wait()
    except TimeoutError as error:
        raise TransientError(
            f"{Path(argv[0]).name} took longer than {timeout_seconds:g} s and was stopped", reason="Timeout"
        ) from error
    finally:
        await _kill(process)
    return Completed(process.returncode or 0, out, err)


async def _start(
    argv: Sequence[str], *, env: Mapping[str, str], stderr: int, cwd: Path | None = None
) -> asyncio.subprocess.Process:
    """A child that leads a process group of its own, its standard streams piped."""
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env={**env, orphan.PARENT: str(os.getpid())},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise _cannot_start(argv[0], cwd, error) from error


def _limit_memory(pid: int, memory_bytes: int) -> None:
    """From outside, right after the start: no program takes gigabytes in its first millisecond."""
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


def _cannot_start(program: str, cwd: Path | None, error: OSError | ValueError) -> UserError:
    if isinstance(error, FileNotFoundError) and (cwd is None or cwd.is_dir()):
        return UserError(f"program {program!r} is not installed", reason="ProgramMissing")
    why = getattr(error, "strerror", None) or str(error)
    return UserError(f"{Path(program).name} cannot be started ({why})", reason="InvalidArgument")


async def _communicate(process: asyncio.subprocess.Process, stdin: bytes, limit: int) -> tuple[bytes, bytes]:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_feed(process, stdin), name="stdin")
            out = group.create_task(_read(process.stdout, limit), name="stdout")
            err = group.create_task(_read(process.stderr, limit), name="stderr")
    except ExceptionGroup as group_error:  # the first error cancels the other readers: there is one
        raise group_error.exceptions[0] from group_error
    return out.result(), err.result()


async def _feed(process: asyncio.subprocess.Process, stdin: bytes) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(stdin)
        await process.stdin.drain()
    process.stdin.close()


async def _read(stream: asyncio.StreamReader | None, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while stream is not None and (chunk := await stream.read(2**16)):
        size += len(chunk)
        if size > limit:
            raise UserError(f"a tool printed more than {limit} bytes", reason="OutputTooLarge")
        chunks.append(chunk)
    return b"".join(chunks)


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End the whole group: a program that has ended may have left children behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    child: Any = process
    for number in (0, 1, 2):  # asyncio has no public way to let go of pipes that nobody reads to their end
        pipe = child._transport.get_pipe_transport(number)
        if pipe is not None:
            pipe.close()
    await process.wait()
    child._transport.close()  # only now: before, it would take the exit status away from whoever waits for it


class Worker:
    """A child that answers requests one at a time, each framed by a 4-byte length; started on first use, then kept.

    Args:
        argv: the program.
        timeout_seconds: for one answer; a child that takes longer is killed.
    """

    def __init__(self, argv: Sequence[str], *, timeout_seconds: float) -> None:
        self._argv = tuple(argv)
        self._timeout_seconds = timeout_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def ask(self, request: bytes) -> bytes:
        """The child's answer.

        Raises:
            TransientError: reason Timeout; the child was killed.
            UserError: reasons WorkerDied (the request killed the child), OutputTooLarge.
        """
        async with self._lock:
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    return await self._answer(request)
            except TimeoutError as error:
                await self._end()
                raise TransientError(f"took longer than {self._timeout_seconds:g} s", reason="Timeout") from error
            except BaseException:
                await self._end()
                raise

    async def _answer(self, request: bytes) -> bytes:
        """As `ask`; a child that served before gets no blame: what kills it must kill a new one too."""
        was_used = self.pid_or_none is not None
        try:
            return await _exchange(await self._running(), request)
        except _GONE as error:
            if not was_used:
                raise UserError("the input made the tool crash", reason="WorkerDied") from error
        await self._end()
        try:
            return await _exchange(await self._running(), request)
        except _GONE as error:
            raise UserError("the input made the tool crash", reason="WorkerDied") from error

    async def close(self) -> None:
        """End the child; idempotent."""
        async with self._lock:
            await self._end()

    @property
    def pid_or_none(self) -> int | None:
        """The child's process id while it lives."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            env = clean_environment()
            self._process = await _start(self._argv, env=env, stderr=asyncio.subprocess.DEVNULL)
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await asyncio.shield(_kill(process))


async def _exchange(process: asyncio.subprocess.Process, request: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise BrokenPipeError
    process.stdin.write(len(request).to_bytes(4, "big") + request)
    await process.stdin.drain()
    size = int.from_bytes(await process.stdout.readexactly(4), "big")
    if size > OUTPUT_BYTES:
        raise UserError(f"a tool printed more than {OUTPUT_BYTES} bytes", reason="OutputTooLarge")
    return await process.stdout.readexactly(size)
