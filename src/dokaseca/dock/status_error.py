"""Errors as the API answers them: `Status` objects with Kubernetes' codes, reasons and message shapes.

The shapes are those of k8s.io/apimachinery/pkg/api/errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong: `field` is a path such as `spec.template.spec.containers[0].image`."""

    reason: str
    message: str
    field: str = ""

    def document(self) -> dict[str, str]:
        document = {"reason": self.reason, "message": self.message}
        if self.field:
            document["field"] = self.field
        return document


class StatusError(DokaSecaError):
    """An answer that is a failure Status.

    Args:
        code: HTTP status code.
        reason: Kubernetes' machine-readable word.
        message: as a user of kubectl reads it.
        details: the Status' `details`, where the reason has any.
        headers: sent along with the answer.
    """

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.code = code
        self._stated = reason
        self.details = details
        self.headers = headers or {}

    def document(self) -> Manifest:
        """The Status object."""
        document: Manifest = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self._stated:
            document["reason"] = self._stated
        if self.details is not None:
            document["details"] = self.details
        document["code"] = self.code
        return document


def _about(group: str, plural: str, name: str = "") -> dict[str, Any]:
    details: dict[str, Any] = {"name": name} if name else {}
    if group:
        details["group"] = group
    if plural:
        details["kind"] = plural
    return details


def _resource(group: str, plural: str) -> str:
    return f"{plural}.{group}" if group else plural


def not_found(group: str, plural: str, name: str) -> StatusError:
    """404: there is no such object."""
    return StatusError(404, "NotFound", f'{_resource(group, plural)} "{name}" not found', _about(group, plural, name))


class NothingServed(StatusError):
    """404 at a path that belongs to no group of the server's: a line of text and no Status, as Go's servers say it."""

    text = b"404 page not found\n"

    def __init__(self) -> None:
        super().__init__(404, "NotFound", "404 page not found")


class Undecodable(StatusError):
    """400: an object's fields are not those of its kind; `why` is the decoder's sentence alone."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(400, "BadRequest", f"{what}: {why}")
        self.why = why


def no_such_path() -> StatusError:
    """404: the group serves nothing at this path."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(group: str, plural: str, name: str) -> StatusError:
    """409: a create met an object of that name."""
    message = f'{_resource(group, plural)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, _about(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str) -> StatusError:
    """409: a precondition does not hold."""
    message = f'Operation cannot be fulfilled on {_resource(group, plural)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _about(group, plural, name))


def object_changed(group: str, plural: str, name: str) -> StatusError:
    """409: the resourceVersion sent is not the live one."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(group, plural, name, why)


def apply_conflict(conflicts: Sequence[tuple[str, str]]) -> StatusError:
    """409 of server-side apply: `conflicts` are (manager as shown, field path), sorted."""
    causes = [Cause("FieldManagerConflict", f"conflict with {manager}", path) for manager, path in conflicts]
    managers = sorted({manager for manager, _ in conflicts})
    if len(conflicts) == 1:
        message = f"Apply failed with 1 conflict: conflict with {conflicts[0][0]}: {conflicts[0][1]}"
    else:
        lines = []
        for manager in managers:
            lines.append(f"conflicts with {manager}:")
            lines.extend(f"- {path}" for other, path in conflicts if other == manager)
        message = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
    return StatusError(409, "Conflict", message, {"causes": [cause.document() for cause in causes]})


def invalid(group: str, kind: str, name: str, causes: Sequence[Cause]) -> StatusError:
    """422: the object breaks the kind's rules; one cause per field."""
    parts = [f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in causes]
    body = parts[0] if len(parts) == 1 else "[" + ", ".join(parts) + "]"
    message = f'{kind}.{group} "{name}" is invalid: {body}' if group else f'{kind} "{name}" is invalid: {body}'
    details = _about(group, kind, name)
    details["causes"] = [cause.document() for cause in causes]
    return StatusError(422, "Invalid", message, details)


def rejected() -> StatusError:
    """422 without a word on why, for a JSON patch that does not fit: kube-apiserver keeps the reason to itself."""
    return StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def bad_request(message: str) -> StatusError:
    """400: the request cannot be understood."""
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    """401: nobody knows who asks."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def forbidden(group: str, plural: str, name: str, why: str) -> StatusError:
    """403: known, and not allowed."""
    subject = (
        f'{_resource(group, plural)} "{name}" is forbidden' if name else f"{_resource(group, plural)} is forbidden"
    )
    return StatusError(403, "Forbidden", f"{subject}: {why}", _about(group, plural, name))


def method_not_allowed(verb: str = "") -> StatusError:
    """405: the resource does not serve this verb."""
    what = f"{verb} is not supported on resources of this kind" if verb else "the server does not allow this method"
    message = what if verb else f"{what} on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def not_acceptable(accepted: str) -> StatusError:
    """406: none of the media types asked for can be produced."""
    message = f"only the following media types are accepted: {accepted}"
    return StatusError(406, "NotAcceptable", message)


def unsupported_media_type(supported: str) -> StatusError:
    """415: the body is of a type that the verb does not read."""
    message = f"the body of the request was in an unknown format - accepted media types include: {supported}"
    return StatusError(415, "UnsupportedMediaType", message)


def unknown(message: str) -> StatusError:
    """500 without a reason: what kube-apiserver makes of errors that it has no Status for."""
    return StatusError(500, "", message)


def precondition_failed(group: str, plural: str, name: str, why: str) -> StatusError:
    """409: the storage found another object than the writer meant; `why` names its key and both uids."""
    error = f"StorageError: invalid object, Code: 4, {why}"
    return conflict(group, plural, name, error)


def expired(message: str) -> StatusError:
    """410: the position is gone; list again."""
    return StatusError(410, "Expired", message)


def too_large(limit_bytes: int) -> StatusError:
    """413: the body is larger than the server reads."""
    message = f"Request entity too large: limit is {limit_bytes}"
    return StatusError(413, "RequestEntityTooLarge", message)


def too_large_resource_version(asked: int, current: int) -> StatusError:
    """504: a position that the server has not reached."""
    message = f"Too large resource version: {asked}, current: {current}"
    details = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]}
    return StatusError(504, "Timeout", f"Timeout: {message}", {**details, "retryAfterSeconds": 1})


def too_many_requests(message: str, retry_after_seconds: int) -> StatusError:
    """429: not now; come back after `retry_after_seconds`."""
    details = {"retryAfterSeconds": retry_after_seconds}
    return StatusError(429, "TooManyRequests", message, details, {"Retry-After": str(retry_after_seconds)})


def internal(message: str) -> StatusError:
    """500: the server failed, not the request."""
    details = {"causes": [{"message": message}]}
    return StatusError(500, "InternalError", f"Internal error occurred: {message}", details)


def unavailable(message: str) -> StatusError:
    """503: the server cannot serve this now."""
    return StatusError(503, "ServiceUnavailable", message)
