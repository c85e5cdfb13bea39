"""Durations and ages as kubectl prints them (apimachinery/pkg/util/duration)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dokaseca.kit import clock as clocks

UNKNOWN = "<unknown>"


def human(seconds: float) -> str:
    """`5s`, `3m20s`, `2h5m`, `3d4h`, `400d`, `2y30d`: two units where they still matter."""
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    if total < 0:
        return "0s"
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 120:
        return f"{total}s"
    if minutes < 10:
        return _two(minutes, "m", total % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(first: int, first_unit: str, second: int, second_unit: str) -> str:
    return f"{first}{first_unit}{second}{second_unit}" if second else f"{first}{first_unit}"


def since(moment: Any, now: datetime) -> str:
    """The age of an RFC 3339 time."""
    try:
        return human((now - clocks.parse_rfc3339(str(moment))).total_seconds()) if moment else UNKNOWN
    except ValueError:
        return UNKNOWN


def between(start: Any, end: Any, now: datetime) -> str:
    """The duration between two RFC 3339 times; an open end is `now`."""
    try:
        last = clocks.parse_rfc3339(str(end)) if end else now
        return human((last - clocks.parse_rfc3339(str(start))).total_seconds())
    except ValueError:
        return UNKNOWN
