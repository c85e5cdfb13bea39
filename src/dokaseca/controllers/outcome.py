"""What an error means for an object: the only place that turns one into a condition and a requeue."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.kit import redact
from dokaseca.model.condition import Condition
from dokaseca.model.errors import DeniedError, DokaSecaError, TransientError, UserError, WaitingError

STALLED_SECONDS = 180.0  # a wrong input changes by a commit or an edit, which wakes the object; this is the safety net
TRANSIENT_SECONDS = 5.0  # networks come back; watches and polls wake the object earlier where they can


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write and when to come back."""

    condition: Condition
    retry_after_seconds: float


def of(error: DokaSecaError) -> Outcome:
    """Argo CD's condition types: InvalidSpecError for the spec, ComparisonError for all on the way to a diff."""
    message = redact.text(str(error))
    if error.reason == "InvalidSpecError" or isinstance(error, DeniedError):
        return Outcome(Condition("InvalidSpecError", message), STALLED_SECONDS)
    if isinstance(error, UserError):
        return Outcome(Condition("ComparisonError", message), STALLED_SECONDS)
    if isinstance(error, WaitingError):
        return Outcome(Condition("ComparisonError", message), error.retry_after_seconds)
    if isinstance(error, TransientError):
        return Outcome(Condition("ComparisonError", message), TRANSIENT_SECONDS)
    return Outcome(Condition("UnknownError", message), STALLED_SECONDS)
