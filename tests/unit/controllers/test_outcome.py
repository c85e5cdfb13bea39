"""What an error means for an object."""

from __future__ import annotations

import pytest

from dokaseca.controllers import outcome
from dokaseca.model.errors import (
    ConflictError,
    DeniedError,
    DokaSecaError,
    IntegrityError,
    NotFoundError,
    TransientError,
    UserError,
    WaitingError,
)


@pytest.mark.parametrize(
    ("error", "type_", "seconds", "lasting"),
    [
        (UserError("x", reason="InvalidSpecError"), "InvalidSpecError", 180, True),
        (DeniedError("x", reason="InvalidSpecError"), "InvalidSpecError", 180, True),
        (DeniedError("x", reason="RepositoryDenied"), "ComparisonError", 180, True),
        (UserError("x", reason="PathNotFound"), "ComparisonError", 180, True),
        (NotFoundError("x"), "ComparisonError", 180, True),
        (WaitingError("x", retry_after_seconds=7), "ComparisonError", 7, False),
        (TransientError("x"), "ComparisonError", 5, False),
        (ConflictError("x"), "ComparisonError", 5, False),
        (IntegrityError("x"), "UnknownError", 180, True),
    ],
    ids=lambda value: f"{type(value).__name__} {value.reason}" if isinstance(value, DokaSecaError) else "",
)
def test_conditions(error: DokaSecaError, type_: str, seconds: float, lasting: bool) -> None:
    found = outcome.of(error)
    assert (found.condition.type, found.retry_after_seconds, found.is_lasting) == (type_, seconds, lasting)


def test_the_message_names_the_subject_and_no_password() -> None:
    error = TransientError("it does not answer", subject="https://me:secret@git/repo")
    message = outcome.of(error).condition.message
    assert message.endswith(": it does not answer")
    assert "secret" not in message
