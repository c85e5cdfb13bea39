"""A kubeconfig as a value."""

from __future__ import annotations

import base64
from typing import Any


def for_certificate(name: str, server: str, ca_pem: str, cert_pem: str, key_pem: str) -> dict[str, Any]:
    """A kubeconfig with one context, called `name`, whose user shows a client certificate. It holds a secret."""
    cluster = {"server": server, "certificate-authority-data": _base64(ca_pem)}
    user = {"client-certificate-data": _base64(cert_pem), "client-key-data": _base64(key_pem)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": f"{name}-admin", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
        "current-context": name,
    }


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
