"""The end-to-end tests' harness: a platform as its user runs it, in a process of its own."""

from __future__ import annotations

import contextlib
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.e2e.harness import Up

CONVERGED = re.compile(r"^converged in ([\d.]+) s, ([\d.]+) MB")
READY = re.compile(r"applications ready (\d+)/(\d+)")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Where a platform may live; it goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="dokaseca-bench-") as name:
        yield Path(name) / "platform"


def converged(up: Up) -> tuple[float, float, int]:
    """Seconds, megabytes at the most, and Applications, as `up` tells them.

    Raises:
        RuntimeError: it did not converge.
    """
    line = up.converged()
    found = CONVERGED.match(line)
    if found is None:
        raise RuntimeError(f"the platform did not converge: {up.said()}")
    counts = [int(total) for said in up.lines for _, total in READY.findall(said)]
    return float(found[1]), float(found[2]), max(counts, default=0)


__all__ = ["Up", "converged", "folder"]
