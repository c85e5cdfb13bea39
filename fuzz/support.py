"""How the fuzzers run: property tests again and again, each time from another seed, until the time is up."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import seed, settings

Law = Callable[[], None]

settings.register_profile("fuzz", deadline=None)  # laws are loaded after this: a slow example is no defect
settings.load_profile("fuzz")


def until(seconds: float, laws: Sequence[Law], *, first_seed: int | None = None) -> dict[str, Any]:
    """Try every one of `laws` from one seed after the other until `seconds` are over; a failure ends it by raising.

    A round that has begun is finished, so that there is always one.
    """
    started, rounds = time.monotonic(), 0
    number = secrets.randbits(32) if first_seed is None else first_seed
    while not rounds or time.monotonic() - started < seconds:
        sys.stderr.write(f"seed {number}\n")
        for law in laws:
            seed(number)(law)()
        rounds += 1
        number += 1
    return {"rounds_count": rounds, "seconds": round(time.monotonic() - started, 1)}


def main(name: str, laws: Sequence[Law]) -> None:
    """The command line of a fuzzer: `--seconds` to run, `--seed` to begin with."""
    parser = argparse.ArgumentParser(description=name)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    sys.stdout.write(json.dumps({"fuzz": name, **until(asked.seconds, laws, first_seed=asked.seed)}) + "\n")
