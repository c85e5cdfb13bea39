"""Answers without what differs from server to server: identities, times, positions, addresses, ports."""

from __future__ import annotations

import re
from typing import Any

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}(:\d+)?(/\d+)?\b")
_OWN = frozenset({"resourceVersion", "nodePort", "healthCheckNodePort", "continue", "remainingItemCount", "time"})
_OWN_NAME = re.compile(r"\bscript-\d+\b|\bx\d+\b")  # a script's namespace and id carry its number
_VERSIONED = re.compile(r"(resource version: |current: )\d+")


def normal(value: Any) -> Any:
    """`value` with placeholders, maps in one order; whether a value is there stays visible."""
    if isinstance(value, dict):
        return {
            text(key): f"<{key}>" if key in _OWN and value[key] not in ("", None) else normal(value[key])
            for key in sorted(value)
        }
    if isinstance(value, list):
        return [normal(one) for one in value]
    if isinstance(value, str):
        return text(value)
    return value


def text(value: str) -> str:
    """A text with placeholders."""
    value = _UID.sub("<uid>", _TIME.sub("<time>", value))
    value = _OWN_NAME.sub("<own>", _ADDRESS.sub("<address>", value))
    return _VERSIONED.sub(r"\1<version>", value)
