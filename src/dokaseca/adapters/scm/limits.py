"""Rate limits, as forges tell them in headers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

UNTOLD_SECONDS: Final = 60.0  # GitHub: wait at least a minute where nothing is told
LONGEST_SECONDS: Final = 3600.0  # every limit known begins anew within the hour
_REMAINING: Final = ("x-ratelimit-remaining", "ratelimit-remaining")
_RESET: Final = ("x-ratelimit-reset", "ratelimit-reset")
_PHRASES: Final = (b"rate limit", b"abuse detection")  # GitHub's secondary limits, which come as a plain 403


def refusal_seconds_or_none(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """How long a refused request has to wait; None when it was not refused for a limit."""
    told = _retry_after_or_none(headers, now)
    if status == 429 or (status in (403, 503) and told is not None):
        return _clamped(told if told is not None else _reset_or_none(headers, now))
    if status == 403 and (_is_spent(headers) or any(one in body[:4096].lower() for one in _PHRASES)):
        return _clamped(_reset_or_none(headers, now) if _is_spent(headers) else None)
    return None


def pause_seconds_or_none(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long to ask nothing more after a request that was answered; None when there is room."""
    told = _retry_after_or_none(headers, now)  # Azure DevOps asks so for a pause before it refuses
    if told is not None:
        return _clamped(told)
    return _clamped(_reset_or_none(headers, now)) if _is_spent(headers) else None


def _is_spent(headers: Mapping[str, str]) -> bool:
    return any(headers.get(name, "").strip() == "0" for name in _REMAINING)


def _retry_after_or_none(headers: Mapping[str, str], now: datetime) -> float | None:
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return UNTOLD_SECONDS
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()


def _reset_or_none(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the limit begins anew; headers tell a Unix time."""
    for name in _RESET:
        text = headers.get(name, "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:12]) - now.timestamp()
    return None


def _clamped(seconds: float | None) -> float:
    return min(max(UNTOLD_SECONDS if seconds is None else seconds, 1.0), LONGEST_SECONDS)
