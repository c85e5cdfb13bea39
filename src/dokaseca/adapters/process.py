"""The only starter of child processes: bounded in time and output, killed as a group."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dokaseca.model.errors import TransientError, UserError

OUTPUT_BYTES = 64 * 1024 * 1024  # no tool that we call prints more for sane input
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR")


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
) -> Completed:
    """Run a program to its end.

    Args:
        env: added to the allow-listed variables of this process.

    Raises:
        UserError: reason ProgramMissing, or OutputTooLarge.
        TransientError: reason Timeout: it took longer than `timeout_seconds`; its whole process group is dead.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=clean_environment(env),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise UserError(f"program {argv[0]!r} is not installed", reason="ProgramMissing") from error
    try:
        async with asyncio.timeout(timeout_seconds):
            out, err = await _communicate(process, stdin, output_limit_bytes)
            await process.wait()
    except TimeoutError as error:
        raise TransientError(
            f"{Path(argv[0]).name} took longer than {timeout_seconds:.0f} s and was stopped", reason="Timeout"
        ) from error
    finally:
        await _kill(process)
    return Completed(process.returncode or 0, out, err)


async def _communicate(process: asyncio.subprocess.Process, stdin: bytes, limit: int) -> tuple[bytes, bytes]:
    async with asyncio.TaskGroup() as group:
        group.create_task(_feed(process, stdin), name="stdin")
        out = group.create_task(_read(process.stdout, limit), name="stdout")
        err = group.create_task(_read(process.stderr, limit), name="stderr")
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
            raise UserError(f"a tool printed more than {limit // 2**20} MiB", reason="OutputTooLarge")
        chunks.append(chunk)
    return b"".join(chunks)


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
