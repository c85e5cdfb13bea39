"""Kubernetes Status answers as the house's errors."""

from __future__ import annotations

from typing import Any

import orjson

from dokaseca.model.errors import (
    ConflictError,
    DeniedError,
    DokaSecaError,
    ExpiredError,
    NotFoundError,
    TransientError,
    UserError,
)
from dokaseca.ports.wire import WireResponse

_BY_CODE: dict[int, type[DokaSecaError]] = {
    401: DeniedError,
    403: DeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: ExpiredError,
    429: TransientError,
}
TOO_LARGE = "RequestEntityTooLarge"
# how storage says so, by way of an internal error; the sizes stand behind it
_STORAGE_SAYS_TOO_LARGE = ("etcdserver: request is too large", "trying to send message larger than max")


def of_response(response: WireResponse, request: str, cluster: str) -> DokaSecaError:
    """The error that a non-2xx answer stands for; an answer that is no Status is described by its code."""
    try:
        status = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        status = None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        status = {"code": response.status, "message": f"{request} was answered with HTTP status {response.status}"}
    details = status.get("details")
    if response.status == 404 and not (isinstance(details, dict) and details.get("name")):
        return UserError(_message(status), reason="NoKindMatch", subject=cluster)
    return of_status({**status, "code": response.status}, cluster)


def of_status(status: dict[str, Any], cluster: str) -> DokaSecaError:
    """The error that a Status object stands for."""
    code = status.get("code")
    code = code if isinstance(code, int) and code >= 400 else 500
    message = _message(status)
    if code == 413 or (code >= 500 and any(words in message for words in _STORAGE_SAYS_TOO_LARGE)):
        return UserError(f"{message}; make the object smaller", reason=TOO_LARGE, subject=cluster)
    kind = _BY_CODE.get(code, UserError if 400 <= code < 500 else TransientError)
    return kind(message, reason=str(status.get("reason") or ""), subject=cluster)


def _message(status: dict[str, Any]) -> str:
    return str(status.get("message") or "the server gave no message")
