"""A repository's credentials in one HTTP request: sent to the repository's own server, and to no other."""

from __future__ import annotations

import base64
import ssl
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from dokaseca.flow.source.access import Access
from dokaseca.model.errors import UserError

CONTEXTS: Final = 64  # kept, so that connections are used again
_PORTS: Final = {"http": 80, "https": 443}


def options(url: str, repository: str, access: Access) -> dict[str, Any]:
    """What an aiohttp request for `url` gets besides: login, trust, proxy.

    Raises:
        UserError: reason InvalidCredentials: a certificate or key is none.
    """
    result: dict[str, Any] = {}
    proxy = access.proxy_or_none((urlsplit(url).hostname or "").lower())
    if proxy is not None:
        result["proxy"] = proxy
    if not is_same_server(url, repository):
        return result
    header = authorization(access)
    if header and urlsplit(url).username is None:
        result["headers"] = {"Authorization": header}
    if urlsplit(url).scheme.lower() == "https" and (access.insecure or access.ca_pem or access.tls_cert):
        result["ssl"] = _context(access)
    return result


def authorization(access: Access) -> str:
    """The header's value, empty without a login by token or password."""
    if access.bearer_token:
        return f"Bearer {access.bearer_token}"
    if access.username or access.password:
        login = f"{access.username}:{access.password}".encode()
        return f"Basic {base64.b64encode(login).decode()}"
    return ""


def is_same_server(one: str, other: str) -> bool:
    """Whether two URLs have scheme, host and port in common."""
    return _server(one) == _server(other)


def _server(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme)


@lru_cache(maxsize=CONTEXTS)
def _context(access: Access) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=access.ca_pem or None)
        if access.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if access.tls_cert:
            with tempfile.TemporaryDirectory(prefix="dokaseca-tls-") as folder:  # ssl reads keys from files only
                path = Path(folder) / "client.pem"
                path.touch(mode=0o600)
                path.write_text(f"{access.tls_cert}\n{access.tls_key}")
                context.load_cert_chain(path)
    except (ssl.SSLError, ValueError) as error:
        raise UserError(
            "a certificate or key for this server cannot be read; correct tlsClientCertData and tlsClientCertKey, or "
            "the ConfigMap argocd-tls-certs-cm",
            reason="InvalidCredentials",
            subject=access.told_by,
        ) from error
    return context
