"""Reading Secrets."""

from __future__ import annotations

import base64

from dokaseca.model.manifest import Manifest


def text(secret: Manifest, field: str) -> str:
    """One field of a Secret's `data` as text, empty where it is missing or not base64."""
    data = secret.get("data")
    value = data.get(field) if isinstance(data, dict) else None
    try:
        return base64.b64decode(str(value or ""), validate=True).decode()
    except ValueError:  # not ASCII, not base64, or not UTF-8 below it
        return ""
