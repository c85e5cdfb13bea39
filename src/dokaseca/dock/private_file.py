"""Files that hold keys."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a private key as PEM.

    Raises:
        OSError: as `write`.
    """
    form = serialization.PrivateFormat.PKCS8
    write(path, key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


def write(path: Path, data: bytes) -> None:
    """Write atomically, readable by the owner only from the first byte on.

    Raises:
        OSError: it cannot be written; what stood there stays.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
