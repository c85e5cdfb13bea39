from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from dokaseca.adapters import memory

MIB = 2**20
HOLDS_MEMORY = """
import subprocess, sys
held = bytearray({mib} * 2**20)
child = subprocess.Popen([sys.executable, "-c", {below!r}], stdin=subprocess.PIPE) if {below!r} else None
print("ready", flush=True) if child is None else None
sys.stdin.read()
if child:
    child.stdin.close()
    child.wait()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


@contextmanager
def child(mib: int, *, below_mib: int = 0) -> Iterator[int]:
    """A process that holds so much memory, with a child of its own that holds `below_mib`; its pid."""
    below = HOLDS_MEMORY.format(mib=below_mib, below="") if below_mib else ""
    code = HOLDS_MEMORY.format(mib=mib, below=below)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid


def measured_otherwise() -> int:
    own = psutil.Process()
    return sum(one.memory_info().rss for one in [own, *own.children(recursive=True)])


def test_it_agrees_with_another_way_to_measure() -> None:
    assert memory.resident_bytes() == pytest.approx(measured_otherwise(), rel=0.05)


@pytest.mark.parametrize("below_mib", [0, 48])
def test_children_and_their_children_count_while_they_live(below_mib: int) -> None:
    before = memory.resident_bytes()
    with child(32, below_mib=below_mib):
        during = memory.resident_bytes()
        assert during == pytest.approx(measured_otherwise(), rel=0.05)
        assert during - before > (32 + below_mib) * MIB
    assert memory.resident_bytes() - before < 16 * MIB


def test_without_proc_it_is_the_peak_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *arguments: object) -> str:
        raise FileNotFoundError(str(path))

    monkeypatch.setattr(Path, "read_text", refuse)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert memory.resident_bytes() == pytest.approx(peak, rel=0.05)


def test_a_child_that_ends_meanwhile_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.read_text

    def gone(path: Path, *arguments: object) -> str:
        if path.name == "statm" and path.parent.name == str(pid):
            raise FileNotFoundError(str(path))
        return real(path)

    with child(32) as pid:
        everything = memory.resident_bytes()
        monkeypatch.setattr(Path, "read_text", gone)
        assert everything - memory.resident_bytes() > 32 * MIB
        monkeypatch.undo()
