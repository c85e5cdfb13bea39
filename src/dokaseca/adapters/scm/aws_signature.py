"""AWS Signature Version 4 for a POST without query. Pure.

The rules are AWS' ("Create a signed AWS API request"); signers on PyPI are either botocore or unmaintained.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key; `session_token` belongs to temporary ones."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for."""

    region: str
    service: str


def headers(
    url: str, body: bytes, signed: Mapping[str, str], keys: Keys, scope: Scope, now: datetime
) -> dict[str, str]:
    """All headers of the request: `signed` plus the date, the session and the signature over them.

    Args:
        url: `https://host/`, without a query.
        signed: further headers, which the signature covers.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    covered = {**signed, "X-Amz-Date": stamp}
    if keys.session_token:
        covered["X-Amz-Security-Token"] = keys.session_token
    lines = {name.lower(): value.strip() for name, value in covered.items()}
    lines["host"] = urlsplit(url).netloc
    names = ";".join(sorted(lines))
    canonical = "\n".join(
        (
            "POST",
            urlsplit(url).path or "/",
            "",
            *(f"{name}:{lines[name]}" for name in sorted(lines)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    within = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, within, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(_key(keys, within), to_sign.encode(), hashlib.sha256).hexdigest()
    covered["Authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key_id}/{within}, SignedHeaders={names}, Signature={signature}"
    )
    return covered


def _key(keys: Keys, within: str) -> bytes:
    key = f"AWS4{keys.secret_access_key}".encode()
    for part in within.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
