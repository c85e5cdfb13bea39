"""What the environment says about rendering: Argo CD's variables of its repo-server."""

from __future__ import annotations

from collections.abc import Mapping

from dokaseca.flow.render.failures import Pause
from dokaseca.kit import bounds, durations
from dokaseca.model.errors import UserError

EXEC_TIMEOUT = "ARGOCD_EXEC_TIMEOUT"
PAUSE_AFTER = "ARGOCD_PAUSE_GEN_AFTER_FAILED_ATTEMPTS"
PAUSE_MINUTES = "ARGOCD_PAUSE_GEN_MINUTES"
PAUSE_REQUESTS = "ARGOCD_PAUSE_GEN_REQUESTS"
LONGEST_SECONDS = 3600.0  # a pass of an Application waits for it
MOST = 1_000_000


def exec_timeout_seconds(environment: Mapping[str, str]) -> float:
    """How long one command of a plugin may take.

    Raises:
        UserError: reason InvalidSetting: it is no duration, or too long.
    """
    text = environment.get(EXEC_TIMEOUT, "").strip()
    if not text:
        return bounds.PLUGIN_SECONDS
    try:
        seconds = durations.parse_seconds(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_SECONDS:
        raise UserError(
            f"{EXEC_TIMEOUT} is {text!r}; write a duration like 90s or 2m30s, at most 1h", reason="InvalidSetting"
        )
    return seconds


def pause(environment: Mapping[str, str]) -> Pause:
    """When a source that fails to render is left alone.

    Raises:
        UserError: reason InvalidSetting: a variable is no whole number.
    """
    given = Pause()
    return Pause(
        after_count=_count(environment, PAUSE_AFTER, given.after_count),
        minutes=_count(environment, PAUSE_MINUTES, int(given.minutes)),
        requests=_count(environment, PAUSE_REQUESTS, given.requests),
    )


def _count(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= MOST):
        raise UserError(f"{name} is {text!r}; write a whole number from 0 to {MOST}", reason="InvalidSetting")
    return int(text)
