"""Every error that the product raises on purpose.

    DokaSecaError            a reason (CamelCase), a subject, one sentence that says what happened and what to do
    ├── UserError            the input is wrong; nothing changes until the input does (stalled)
    ├── NotFoundError        the thing does not exist: the only error that means "absent"
    ├── ConflictError        somebody else changed or owns it; read again and decide anew
    │   └── ExpiredError     a watch or list position is gone (410): list again
    ├── DeniedError          credentials, permissions, projects or policies say no
    ├── WaitingError         nothing is wrong, it is not time yet; carries retry_after_seconds
    ├── TransientError       the network, a server or a disk failed; backoff and retry
    └── IntegrityError       data is not what it claims to be (digest, signature, audit chain): stop

Messages never hold a document or a Secret. Library exceptions become one of these in `adapters`, always with `from`.
"""

from __future__ import annotations

from dataclasses import dataclass


class DokaSecaError(Exception):
    """Root of the tree.

    Args:
        message: one sentence for a person: what happened, where, what to do next.
        reason: CamelCase word for machines; for API errors the `reason` of the Status.
        subject: what it is about: `file:line:column`, `Kind namespace/name`, or a URL without credentials.
    """

    default_reason = "Error"

    def __init__(self, message: str, *, reason: str = "", subject: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.subject = subject

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}" if self.subject else self.message


class UserError(DokaSecaError):
    """The input is wrong: stalled until it changes."""

    default_reason = "Invalid"


class NotFoundError(DokaSecaError):
    """Typed absence; any other error means "unknown", never "absent"."""

    default_reason = "NotFound"


class ConflictError(DokaSecaError):
    """Somebody else changed, created or owns it (409)."""

    default_reason = "Conflict"


class ExpiredError(ConflictError):
    """The resourceVersion is too old (410): list again."""

    default_reason = "Expired"


class DeniedError(DokaSecaError):
    """Authentication, authorization, a project or a policy refused it."""

    default_reason = "Forbidden"


class TransientError(DokaSecaError):
    """Worth trying again unchanged."""

    default_reason = "Unavailable"


class WaitingError(DokaSecaError):
    """Not wrong, not ready."""

    default_reason = "Waiting"

    def __init__(self, message: str, *, retry_after_seconds: float, reason: str = "", subject: str = "") -> None:
        super().__init__(message, reason=reason, subject=subject)
        self.retry_after_seconds = retry_after_seconds


class IntegrityError(DokaSecaError):
    """Data is not what it claims to be."""

    default_reason = "Corrupt"


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a file something stands; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
