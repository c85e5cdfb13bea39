"""What an error means for an object: the only place that turns one into a condition and a requeue."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.kit import redact
from dokaseca.model.condition import Condition
from dokaseca.model.errors import (
    ConflictError,
    DeniedError,
    DokaSecaError,
    NotFoundError,
    TransientError,
    UserError,
    WaitingError,
)

STALLED_SECONDS = 180.0  # a wrong input changes by a commit or an edit, which wakes the object; this is the safety net
UNPUBLISHED_SECONDS = 15.0  # nobody tells us that a chart has been published
TRANSIENT_SECONDS = 5.0  # networks come back; watches and polls wake the object earlier where they can


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write and when to come back; `is_lasting` when only a change of the input helps."""

    condition: Condition
    retry_after_seconds: float
    is_lasting: bool


def of(error: DokaSecaError) -> Outcome:
    """Argo CD's condition types: InvalidSpecError for the spec, ComparisonError for all on the way to a diff."""
    message = redact.text(str(error))
    if error.reason == "InvalidSpecError":
        return Outcome(Condition("InvalidSpecError", message), STALLED_SECONDS, is_lasting=True)
    comparison = Condition("ComparisonError", message)
    if error.reason == "ChartNotFound":
        return Outcome(comparison, UNPUBLISHED_SECONDS, is_lasting=True)
    if isinstance(error, (UserError, NotFoundError, DeniedError)):
        return Outcome(comparison, STALLED_SECONDS, is_lasting=True)
    if isinstance(error, WaitingError):
        return Outcome(comparison, error.retry_after_seconds, is_lasting=False)
    if isinstance(error, (TransientError, ConflictError)):
        return Outcome(comparison, TRANSIENT_SECONDS, is_lasting=False)
    return Outcome(Condition("UnknownError", message), STALLED_SECONDS, is_lasting=True)
