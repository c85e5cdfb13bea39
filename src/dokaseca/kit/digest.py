"""The one form of a content digest: sha256 over canonical bytes, in hex."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson


def of_bytes(data: bytes) -> str:
    """sha256 of `data`, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def of_value(value: Any) -> str:
    """sha256 of a JSON value in canonical form (sorted keys, no blanks); equal values have equal digests."""
    return of_bytes(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
