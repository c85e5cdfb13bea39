"""What a server answers, read with care: redirects, sizes, and errors in words that people know."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dokaseca.adapters import chart_index
from dokaseca.kit import redact
from dokaseca.model.errors import UserError

if TYPE_CHECKING:
    import aiohttp

REDIRECTS = 5
REDIRECT_STATUSES = (301, 302, 303, 307, 308)


def redirected(url: str, location: str) -> str:
    """Where a redirect leads.

    Raises:
        UserError: it leaves HTTP, or the protection of TLS.
    """
    target = chart_index.joined(url, location)
    before, after = (urlsplit(one).scheme.lower() for one in (url, target))
    if after != "https" and not (before == after == "http"):
        raise UserError(
            f"the server sends us from {before} to {after or 'nowhere'}, which is not followed; correct repoURL",
            reason="UnsafeRedirect",
            subject=redact.text(url),
        )
    return target


def cause(error: Exception) -> str:
    """Why there is no answer."""
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host name is not known"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {error.os_error.strerror or type(error.os_error).__name__}"
    return type(error).__name__


async def bounded(response: aiohttp.ClientResponse, limit: int, url: str) -> bytes:
    """The body.

    Raises:
        UserError: reason TooLarge: more than `limit` bytes.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(2**16):
        size += len(chunk)
        if size > limit:
            shown = f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit} bytes"
            raise UserError(f"is larger than {shown}", reason="TooLarge", subject=redact.text(url))
        chunks.append(chunk)
    return b"".join(chunks)
