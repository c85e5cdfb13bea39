"""From an empty folder to a converged platform, and the same folder again."""

from __future__ import annotations

import time
from pathlib import Path

from support import driver, figures


def main() -> None:
    with driver.folder() as folder:
        figures.say("up --once in an empty folder")
        cold = once(folder)
        figures.say("up --once in the same folder")
        warm = once(folder)
    figures.tell(
        "up",
        {
            "cold_seconds": cold[0],
            "cold_with_process_seconds": cold[3],
            "cold_peak_megabytes": cold[1],
            "applications_count": cold[2],
            "warm_seconds": warm[0],
            "warm_with_process_seconds": warm[3],
            "warm_peak_megabytes": warm[1],
        },
    )


def once(folder: Path) -> tuple[float, float, int, float]:
    """What `up` tells, and the seconds from starting the process to its end."""
    started = time.perf_counter()
    up = driver.Up(folder, "--once")
    told = driver.converged(up)
    code = up.ended()
    if code != 0:
        raise RuntimeError(f"up ended with {code}: {up.said()}")
    return (*told, time.perf_counter() - started)


if __name__ == "__main__":
    main()
