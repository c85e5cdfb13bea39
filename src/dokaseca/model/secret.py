"""Reading Secrets."""

from __future__ import annotations

import base64
import binascii

from dokaseca.model.manifest import Manifest


def text(secret: Manifest, field: str) -> str:
    """One field of a Secret's `data` as text, empty where it is missing or not base64."""
    data = secret.get("data")
    value = data.get(field) if isinstance(data, dict) else None
    try:
        return base64.b64decode(str(value or ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
