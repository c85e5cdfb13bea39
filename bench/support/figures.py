"""How benchmarks talk: progress on stderr, one JSON object on stdout."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence


def say(text: str) -> None:
    """Progress, for whoever looks on."""
    print(text, file=sys.stderr, flush=True)


def tell(name: str, figures: dict[str, float | int | str]) -> None:
    """The result; numbers are rounded to what is worth reading."""
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"bench": name, **rounded}, indent=2), flush=True)


def spread(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """Median and worst of a series, the unit in the keys."""
    return {f"{name}_p50_seconds": statistics.median(seconds), f"{name}_max_seconds": max(seconds)}
