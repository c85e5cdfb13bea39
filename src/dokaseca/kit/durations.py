"""Go's duration strings (`1h30m`, `5s`, `250ms`), as Kubernetes and Argo CD write them."""

from __future__ import annotations

import re

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")  # both signs that Go takes for micro
LONGEST_SECONDS = 2**63 / 1e9  # what Go's 64 bits of nanoseconds hold: 292 years


def parse_seconds(text: str) -> float:
    """Seconds in `text`; a bare `0` is allowed.

    Raises:
        ValueError: `text` is not a Go duration.
    """
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    total, position = 0.0, 0
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None:
            raise ValueError(f"not a duration: {text[:40]!r} (write for example 30s, 5m or 1h30m)")
        total += float(match[1]) * _UNITS[match[2]]
        position = match.end()
    if not rest:
        raise ValueError("a duration cannot be empty (write for example 30s, 5m or 1h30m)")
    if total >= LONGEST_SECONDS:
        raise ValueError(f"duration {text[:40]!r} is longer than 292 years")
    return sign * total
