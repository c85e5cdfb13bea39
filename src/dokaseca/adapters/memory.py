"""How much memory this process and its children hold."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGESIZE")
KIBIBYTE = 1024


def resident_bytes() -> int:
    """Resident memory of this process and all its descendants, from /proc; where there is none, this process's peak."""
    try:
        return sum(_resident(pid) for pid in [os.getpid(), *_descendants(os.getpid())])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * KIBIBYTE


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except (FileNotFoundError, ProcessLookupError):
        if pid == os.getpid():
            raise
        return 0  # it has ended meanwhile


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = [int(one) for one in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        for child in children:
            found += [child, *_descendants_or_none(child)]
    return found


def _descendants_or_none(pid: int) -> list[int]:
    try:
        return _descendants(pid)
    except (FileNotFoundError, ProcessLookupError):
        return []
