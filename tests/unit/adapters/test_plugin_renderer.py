"""Plugins that attack the machine they run on."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from dokaseca.adapters.plugin_renderer import PluginProgram
from dokaseca.kit import bounds
from dokaseca.model.errors import UserError
from dokaseca.ports.renderer import PluginFile, PluginRun

CANARY = "k4n4ry-value"


@pytest.fixture
async def program() -> PluginProgram:
    program = PluginProgram(timeout_seconds=20)
    try:
        await run(program, "true")
    except UserError as error:
        if error.reason == "PluginNotConfined":
            pytest.skip(f"this system confines nothing: {error}")
        raise
    return program


async def run(
    program: PluginProgram, script: str, env: Mapping[str, str] | None = None, *, network: bool = False
) -> str:
    files = iter(
        [PluginFile("app/in.txt", b"in\n"), PluginFile("app/tool", b"#!/bin/sh\necho tool\n", executable=True)]
    )
    request = PluginRun("one", {"generate": ("sh", "-c", script)}, files, "app", dict(env or {}), network)
    return (await program.run(request)).decode()


async def test_it_starts_in_its_folder_with_its_files_and_variables(program: PluginProgram) -> None:
    assert await run(program, 'cat in.txt; ./tool; echo "$A"', {"A": "b"}) == "in\ntool\nb\n"


async def test_it_reaches_no_network_not_even_this_machine(program: PluginProgram) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), timeout=5)"
        with pytest.raises(UserError, match="ended with code"):
            await run(program, f'python3 -c "{code}"')
        with pytest.raises(TimeoutError):
            server.accept()


async def test_it_sees_no_variable_of_the_platform(program: PluginProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_PLATFORM", CANARY)
    assert CANARY not in await run(program, "env; cat /proc/*/environ 2>/dev/null || true")


async def test_it_neither_reads_nor_writes_the_files_of_this_machine(program: PluginProgram, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    os.chmod(tmp_path, 0o777)
    script = f"cat {secret} 2>/dev/null; echo mine > {tmp_path}/written; echo mine > /usr/written; echo done"
    assert await run(program, script + " 2>/dev/null") == "done\n"
    assert os.listdir(tmp_path) == ["secret"]
    assert "written" not in os.listdir("/usr")


async def test_what_it_leaves_running_ends_with_it(program: PluginProgram) -> None:
    mark = f"sleep 987.{os.getpid()}"
    await run(program, f"setsid nohup {mark} >/dev/null 2>&1 & echo started")
    deadline = time.monotonic() + 10
    while any(mark in line for line in await asyncio.to_thread(_command_lines)):
        assert time.monotonic() < deadline, "a daemon of the plugin outlived it"
        await asyncio.sleep(0)


def _command_lines() -> list[str]:
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(one.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


async def test_one_that_never_ends_is_stopped() -> None:
    with pytest.raises(UserError, match="took longer than 1 s and was stopped") as caught:
        await run(PluginProgram(timeout_seconds=1), "sleep 600", network=True)
    assert caught.value.reason == "RenderTimeout"


async def test_one_that_prints_without_end_is_stopped(program: PluginProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PLUGIN_OUTPUT_BYTES", 2**20)
    with pytest.raises(UserError, match="printed more than 1 MiB"):
        await run(program, "yes")


async def test_one_that_multiplies_is_held_back(program: PluginProgram) -> None:
    script = "i=0; while [ $i -lt 400 ]; do sleep 30 & i=$((i+1)); done; echo all"
    with pytest.raises(UserError, match="ended with code"):
        await run(program, script)


async def test_an_error_shows_its_last_words_without_secrets_or_paths(program: PluginProgram) -> None:
    with pytest.raises(UserError, match="plugin one: generate ended with code 3") as caught:
        await run(program, f'echo "password={CANARY} in $PWD/in.txt" >&2; exit 3')
    assert CANARY not in str(caught.value)
    assert "dokaseca-plugin-" not in str(caught.value)


async def test_what_cannot_be_confined_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    program = PluginProgram()
    monkeypatch.setattr(program, "_obstacle", "Operation not permitted")
    with pytest.raises(UserError, match="say `network: true`") as caught:
        await run(program, "echo ran")
    assert caught.value.reason == "PluginNotConfined"
    assert await run(program, "echo ran", network=True) == "ran\n"
