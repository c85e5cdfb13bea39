"""A cluster Secret's `config` becomes a connection (Argo CD's ClusterConfig)."""

from __future__ import annotations

import base64
import binascii
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import Credentials, HttpWire
from dokaseca.model.errors import UserError

_UNSUPPORTED = ("awsAuthConfig", "execProviderConfig")  # they start programs to log in
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def connect(name: str, server: str, config: Mapping[str, Any]) -> KubeCluster:
    """A client of a registered cluster; nothing is sent before it is used.

    Args:
        name: how messages call the cluster.
        config: the JSON of the cluster Secret's `config` field.

    Raises:
        UserError: reason InvalidCredentials: the server is no URL, or the config holds something that cannot be used.
            The message names the field, never its value.
    """
    subject = f"cluster {name}"
    if urlsplit(server).scheme not in ("https", "http"):
        raise invalid(subject, f"server {server!r} is not an https:// URL; correct the cluster Secret's server")
    return KubeCluster(name, server, HttpWire(server, credentials(config, subject=subject)))


def read_config(text: str, *, subject: str) -> dict[str, Any]:
    """The `config` field of a cluster Secret, parsed; empty when the field is.

    Raises:
        UserError: reason InvalidCredentials: it is not a JSON object.
    """
    try:
        config = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise invalid(subject, f"config is not JSON ({where}); correct the cluster Secret") from error
    if not isinstance(config, dict):
        raise invalid(subject, "config is not a JSON object; correct the cluster Secret")
    return config


def credentials(config: Mapping[str, Any], *, subject: str) -> Credentials:
    """What `config` says about trust.

    Raises:
        UserError: as `connect`.
    """
    for part in _UNSUPPORTED:
        if config.get(part):
            raise invalid(
                subject, f"config.{part} is not supported; use bearerToken or tlsClientConfig.certData and keyData"
            )
    tls = config.get("tlsClientConfig") or {}
    if not isinstance(tls, Mapping):
        raise invalid(subject, "config.tlsClientConfig is not an object")
    ca, certificate, key = (
        pem(tls.get(field), f"config.tlsClientConfig.{field}", is_key=field == "keyData", subject=subject)
        for field in ("caData", "certData", "keyData")
    )
    if bool(certificate) != bool(key):
        raise invalid(subject, "config.tlsClientConfig needs both certData and keyData, or neither")
    insecure = tls.get("insecure") is True
    if insecure and ca:
        raise invalid(subject, "config.tlsClientConfig has caData and insecure: true; keep one of them")
    return Credentials(
        ca_pem=ca,
        client_cert_pem=certificate,
        client_key_pem=key,
        token=str(config.get("bearerToken") or ""),
        username=str(config.get("username") or ""),
        password=str(config.get("password") or ""),
        insecure=insecure,
        server_name=str(tls.get("serverName") or ""),
    )


def pem(value: Any, where: str, *, is_key: bool, subject: str) -> str:
    """The PEM text in base64 `value`, empty when there is none.

    Args:
        where: the field that it comes from, for messages.
        is_key: a private key is expected, else a certificate.

    Raises:
        UserError: reason InvalidCredentials; the message never holds the value.
    """
    if not value:
        return ""
    try:
        text = base64.b64decode("".join(str(value).split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid(subject, f"{where} is not base64 of a PEM text; encode it with `base64 -w0`") from error
    if not (_is_key(text) if is_key else _is_certificate(text)):
        what = "a private key" if is_key else "a certificate"
        raise invalid(subject, f"{where} is not {what} in PEM; put the whole file there, BEGIN and END lines included")
    return text


def invalid(subject: str, message: str) -> UserError:
    """Credentials that cannot be used."""
    return UserError(message, reason="InvalidCredentials", subject=subject)


def _is_key(text: str) -> bool:
    return "-----BEGIN " in text and text.count("PRIVATE KEY-----") >= 2


def _is_certificate(text: str) -> bool:
    try:
        body = text[text.index(_BEGIN) : text.index(_END) + len(_END)]
        return bool(ssl.PEM_cert_to_DER_cert(body))
    except ValueError:
        return False
