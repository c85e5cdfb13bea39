"""Sources that failed to render time and again: left alone for a while (Argo CD: B3)."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.kit.clock import Clock
from dokaseca.model.errors import UserError

KEPT = 10_000  # failed inputs that are remembered; the oldest is forgotten first


@dataclass(frozen=True, slots=True)
class Pause:
    """When failing inputs are left alone.

    Attributes:
        after_count: consecutive failures; 0 for never.
        minutes: how long; 0 for no limit of time.
        requests: how many times the same answer is given at most; 0 for no limit of number.
    """

    after_count: int = 3
    minutes: float = 60.0
    requests: int = 0


@dataclass(slots=True)
class _Failure:
    error: UserError
    since_seconds: float = 0.0
    count: int = 0
    answered: int = 0


class Failures:
    """The failures of one process, by cache key: the same input is not rendered again and again for nothing.

    Only what the input is to blame for counts: a repository that does not answer is asked again at its own pace.
    """

    def __init__(self, clock: Clock, pause: Pause | None = None) -> None:
        self._clock = clock
        self._pause = pause or Pause()
        self._by_key: dict[str, _Failure] = {}

    def check(self, key: str) -> None:
        """Let a key pass that is not paused.

        Raises:
            UserError: the last one of this key, marked as cached.
        """
        failure = self._by_key.get(key)
        if failure is None or not 0 < self._pause.after_count <= failure.count:
            return
        if self._is_over(failure):
            del self._by_key[key]
            return
        failure.answered += 1
        error = failure.error
        raise UserError(
            f"manifest generation error (cached): {error.message}; after {failure.count} failures it is tried again "
            "later, or at once by a hard refresh",
            reason=error.reason,
            subject=error.subject,
        ) from error

    def note(self, key: str, error: UserError) -> None:
        """Rendering this key failed."""
        failure = self._by_key.pop(key, None) or _Failure(error)
        failure.error, failure.since_seconds = error, self._clock.monotonic_seconds()
        failure.count += 1
        self._by_key[key] = failure
        if len(self._by_key) > KEPT:
            del self._by_key[next(iter(self._by_key))]

    def forget(self, key: str) -> None:
        """It rendered, or somebody wants it tried again."""
        self._by_key.pop(key, None)

    def _is_over(self, failure: _Failure) -> bool:
        elapsed = self._clock.monotonic_seconds() - failure.since_seconds
        is_late = self._pause.minutes > 0 and elapsed >= self._pause.minutes * 60
        return is_late or 0 < self._pause.requests <= failure.answered
