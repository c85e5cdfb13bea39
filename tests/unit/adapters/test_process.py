"""Child processes: bounded in time and output, gone as a group, ignorant of our environment."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from tests.fakes.virtual_time import until

from dokaseca.adapters import orphan, process
from dokaseca.adapters.process import Worker
from dokaseca.model.errors import TransientError, UserError

ECHO = """
import os, sys, time
while len(head := sys.stdin.buffer.read(4)) == 4:
    text = sys.stdin.buffer.read(int.from_bytes(head, "big"))
    if text == b"die":
        os._exit(1)
    if text == b"hang":
        time.sleep(60)
    if text == b"boast":
        sys.stdout.buffer.write((2**31).to_bytes(4, "big"))
        sys.stdout.buffer.flush()
        continue
    if text == b"pid":
        text = str(os.getpid()).encode()
    sys.stdout.buffer.write(len(text).to_bytes(4, "big") + text)
    sys.stdout.buffer.flush()
"""

GRANDCHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "w").write(str(child.pid))
print("ready", flush=True)
if sys.argv[2] == "wait":
    child.wait()
"""


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def is_running(pid: int) -> bool:
    """Whether it lives; a corpse that init has yet to bury does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def gone(pid: int) -> None:
    await until(lambda: not is_running(pid))


async def test_gives_what_a_program_prints_and_how_it_ends() -> None:
    code = "import sys; data = sys.stdin.read(); print(data.upper(), end=''); print('oh', file=sys.stderr); sys.exit(3)"
    done = await process.run(python(code), timeout_seconds=30, stdin=b"hello")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"HELLO", b"oh\n")


async def test_a_program_that_reads_nothing_may_be_fed_much() -> None:
    done = await process.run(python("pass"), timeout_seconds=30, stdin=b"x" * 4_000_000)
    assert done.returncode == 0


async def test_a_timeout_kills_the_grandchild_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with pytest.raises(TransientError, match=r"took longer than 1.5 s and was stopped") as caught:
        await process.run(python(GRANDCHILD, str(note), "wait"), timeout_seconds=1.5)
    assert caught.value.reason == "Timeout"
    await gone(int(note.read_text()))


async def test_a_grandchild_that_keeps_the_output_open_after_its_parent_ended_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with pytest.raises(TransientError, match="was stopped"):
        await process.run(python(GRANDCHILD, str(note), "leave"), timeout_seconds=1.5)
    await gone(int(note.read_text()))


async def test_a_quiet_grandchild_does_not_outlive_a_program_that_ended_well(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = GRANDCHILD.replace("import time;", "import os, time; [os.close(n) for n in (0, 1, 2)];")
    done = await process.run(python(code, str(note), "leave"), timeout_seconds=30)
    assert done.returncode == 0
    await gone(int(note.read_text()))


async def test_a_cancelled_call_leaves_no_process(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    call = asyncio.ensure_future(process.run(python(GRANDCHILD, str(note), "wait"), timeout_seconds=60))
    await until(lambda: note.exists() and note.read_text() != "")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await gone(int(note.read_text()))


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_output_is_bounded(stream: str) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('x' * 65536)"
    with pytest.raises(UserError, match="a tool printed more than 100000 bytes") as caught:
        await process.run(python(code), timeout_seconds=30, output_limit_bytes=100_000)
    assert caught.value.reason == "OutputTooLarge"


async def test_memory_is_bounded_from_outside() -> None:
    code = "import sys; sys.stdin.read(); x = bytearray(200_000_000); print(len(x))"
    enough = await process.run(python(code), timeout_seconds=30, memory_bytes=2**30)
    assert enough.stdout.strip() == b"200000000"
    short = await process.run(python(code), timeout_seconds=30, memory_bytes=100 * 2**20)
    assert short.returncode == 1
    assert b"MemoryError" in short.stderr


async def test_a_program_that_ended_before_its_memory_was_bounded_is_no_error(monkeypatch) -> None:
    def gone(*_: object) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(process.resource, "prlimit", gone)
    assert (await process.run(["true"], timeout_seconds=30, memory_bytes=2**30)).returncode == 0


async def test_a_child_gets_the_allow_list_and_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOKASECA_TEST_SECRET", "do not tell")
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("LANG", "C.UTF-8")
    code = "import os; print('\\n'.join(sorted(os.environ)))"
    done = await process.run(python(code), timeout_seconds=30, env={"MORE": "1"})
    names = set(done.stdout.decode().split())
    assert {"LANG", "PATH", "MORE"} <= names
    assert names <= {
        *process.KEPT_VARIABLES,
        orphan.PARENT,
        "MORE",
        "LC_CTYPE",
    }  # Python itself sets LC_CTYPE in the C locale


@pytest.mark.parametrize(
    ("argv", "reason", "message"),
    [
        (["no-such-program-anywhere"], "ProgramMissing", "program 'no-such-program-anywhere' is not installed"),
        (["ls", "a\0b"], "InvalidArgument", "ls cannot be started .*null byte"),
        (["ls", "x" * 3_000_000], "InvalidArgument", "ls cannot be started .*Argument list too long"),
        (["/etc/passwd"], "InvalidArgument", "passwd cannot be started .*Permission denied"),
    ],
)
async def test_what_cannot_be_started_says_why(argv: list[str], reason: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        await process.run(argv, timeout_seconds=5)
    assert caught.value.reason == reason


async def test_a_missing_folder_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ls cannot be started .*No such file or directory"):
        await process.run(["ls"], timeout_seconds=5, cwd=tmp_path / "absent")


@pytest_asyncio.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker(python(ECHO), timeout_seconds=20)
    yield worker
    await worker.close()


async def test_a_worker_is_started_on_first_use_and_kept(worker: Worker) -> None:
    assert worker.pid_or_none is None
    first = await worker.ask(b"pid")
    assert await worker.ask(b"pid") == first
    assert str(worker.pid_or_none).encode() == first


async def test_concurrent_questions_get_their_own_answers(worker: Worker) -> None:
    questions = [str(number).encode() * 5000 for number in range(20)]
    assert await asyncio.gather(*(worker.ask(one) for one in questions)) == questions


async def test_a_question_that_kills_the_worker_is_told_and_the_next_is_answered(worker: Worker) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match="the input made the tool crash") as caught:
            await worker.ask(b"die")
        assert caught.value.reason == "WorkerDied"
    assert await worker.ask(b"hello") == b"hello"


async def test_a_worker_that_somebody_else_killed_is_replaced_without_blame(worker: Worker) -> None:
    pid = int(await worker.ask(b"pid"))
    os.kill(pid, signal.SIGKILL)
    assert int(await worker.ask(b"pid")) != pid


async def test_a_worker_that_hangs_is_killed_and_replaced() -> None:
    worker = Worker(python(ECHO), timeout_seconds=1.5)
    pid = int(await worker.ask(b"pid"))
    with pytest.raises(TransientError, match=r"took longer than 1\.5 s") as caught:
        await worker.ask(b"hang")
    assert caught.value.reason == "Timeout"
    await gone(pid)
    assert await worker.ask(b"again") == b"again"
    await worker.close()


async def test_a_cancelled_question_does_not_give_its_answer_to_the_next(worker: Worker) -> None:
    await worker.ask(b"warm")
    call = asyncio.ensure_future(worker.ask(b"hang"))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await worker.ask(b"mine") == b"mine"


async def test_a_worker_that_announces_too_much_is_refused(worker: Worker) -> None:
    with pytest.raises(UserError, match="printed more than") as caught:
        await worker.ask(b"boast")
    assert caught.value.reason == "OutputTooLarge"
    assert await worker.ask(b"next") == b"next"


async def test_a_question_asked_while_an_error_is_handled_does_not_cost_the_worker(worker: Worker) -> None:
    pid = await worker.ask(b"pid")
    try:
        raise ValueError("something else")
    except ValueError:
        assert await worker.ask(b"pid") == pid
    assert await worker.ask(b"pid") == pid


async def test_close_ends_the_child_and_may_be_called_twice(worker: Worker) -> None:
    pid = int(await worker.ask(b"pid"))
    await worker.close()
    await worker.close()
    await gone(pid)
    assert worker.pid_or_none is None


async def test_the_end_of_a_killed_child_is_never_lost(caplog, monkeypatch):
    kill = os.killpg

    def kill_and_see_it_dead(group: int, number: int) -> None:
        kill(group, number)
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, group, os.WEXITED | os.WNOWAIT)

    monkeypatch.setattr(process.os, "killpg", kill_and_see_it_dead)
    for _ in range(20):
        with pytest.raises(TransientError, match="took longer"):
            await process.run(["sleep", "60"], timeout_seconds=0.01)
    assert [record for record in caplog.records if "child process" in record.getMessage()] == []
