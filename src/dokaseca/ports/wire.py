"""One Kubernetes API request and its answer, whatever carries them: TLS, or a function call in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WireRequest:
    """An HTTP request, reduced to what the API reads.

    Attributes:
        method: upper case.
        path: decoded, begins with `/`, without query.
        query: name/value pairs in order, decoded.
        headers: names in lower case; the values of a repeated `Impersonate-` header are separated by line feeds.
        body: the whole body; bounded by whoever made it.
        user: the authenticated user's name; set by the server side, `system:masters` members see everything.
        groups: the user's groups.
        uid: of the user, empty for none.
        extra: what else is known of the user.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WireResponse:
    """An answer: `body` is complete, or `stream` yields chunks (watch: one JSON event and a newline per chunk)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None


class Wire(Protocol):
    """Carries requests to one API server."""

    async def send(self, request: WireRequest) -> WireResponse:
        """The server's answer, of any status.

        Raises:
            TransientError: no answer (connection refused, reset, timed out).
            DeniedError: the server's certificate or ours was refused.
        """
        ...

    async def close(self) -> None:
        """Give back connections; idempotent."""
        ...
