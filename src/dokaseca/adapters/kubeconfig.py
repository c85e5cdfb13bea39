"""Kubeconfig files: read one context, merge several, write one."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dokaseca.adapters import kube_connect
from dokaseca.adapters.kube import KubeCluster
from dokaseca.adapters.kube_wire import Credentials, HttpWire
from dokaseca.kit import yaml_in, yaml_out
from dokaseca.model.errors import UserError

FILE_BYTES = 16 * 1024 * 1024  # a file of a thousand clusters with their certificates is about 8 MB
PEM_BYTES = 1024 * 1024
SECTIONS = ("clusters", "users", "contexts")
_UNSUPPORTED = ("exec", "auth-provider")  # they start programs to log in


@dataclass(frozen=True, slots=True)
class Connection:
    """One context: which server, as whom, and the namespace that commands start in."""

    context: str
    server: str
    namespace: str
    credentials: Credentials

    def open(self) -> KubeCluster:
        """A client; nothing is sent before it is used."""
        return KubeCluster(self.context, self.server, HttpWire(self.server, self.credentials))


def load(path: Path, context: str = "") -> Connection:
    """The connection values of a context, of the current one when none is named.

    Raises:
        UserError: reason InvalidKubeconfig: the file cannot be read, is no kubeconfig, or lacks what the context names,
            with file and line; reason InvalidCredentials: a certificate or key is not one.
    """
    file = _File.read(path)
    name = context or str(file.value.get("current-context") or "")
    if not name:
        raise file.error(("current-context",), f"no current context is set; choose one of: {file.names('contexts')}")
    chosen, place = file.entry("contexts", "context", name, ("current-context",))
    cluster, at_cluster = file.entry("clusters", "cluster", str(chosen.get("cluster") or ""), (*place, "cluster"))
    user: Mapping[str, Any] = {}
    at_user = place
    if chosen.get("user"):
        user, at_user = file.entry("users", "user", str(chosen["user"]), (*place, "user"))
    server = str(cluster.get("server") or "")
    if not server.startswith(("https://", "http://")):
        raise file.error((*at_cluster, "server"), "server is not an https:// URL; correct it")
    if cluster.get("proxy-url"):
        raise file.error((*at_cluster, "proxy-url"), "proxy-url is not supported; remove it")
    return Connection(name, server, str(chosen.get("namespace") or ""), _credentials(file, cluster, user, at_user))


def merge(configs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One kubeconfig with the clusters, users and contexts of all; the first that has a name keeps it, as kubectl does.

    The current context is the first one's.
    """
    merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config"}
    for section in SECTIONS:
        entries: dict[str, Any] = {}
        for config in configs:
            for entry in config.get(section) or ():
                entries.setdefault(str(entry.get("name")), entry)
        merged[section] = list(entries.values())
    merged["current-context"] = next((str(one.get("current-context") or "") for one in configs), "")
    return merged


def write(path: Path, config: Mapping[str, Any]) -> None:
    """Put the kubeconfig there whole, readable by its owner only; a reader sees the old or the new one.

    Raises:
        UserError: reason FileNotWritable.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(yaml_out.dump(dict(config)))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UserError(
            f"cannot be written ({error.strerror}); check that the folder exists, its permissions and space",
            reason="FileNotWritable",
            subject=str(path),
        ) from error


@dataclass(frozen=True, slots=True)
class _File:
    """A kubeconfig that was read, and where in the file its values stand."""

    path: Path
    value: dict[str, Any]
    marks: yaml_in.Marks

    @staticmethod
    def read(path: Path) -> _File:
        content = _bytes(path, FILE_BYTES)
        try:
            value, marks = yaml_in.load_with_marks(content, subject=str(path))
        except yaml_in.InvalidYAML as error:
            place = f"{path}:{error.line}:{error.column}"
            raise UserError(error.message, reason="InvalidKubeconfig", subject=place) from error
        if not isinstance(value, dict) or value.get("kind") != "Config":
            raise UserError("is not a kubeconfig (kind: Config)", reason="InvalidKubeconfig", subject=f"{path}:1:1")
        return _File(path, value, marks)

    def entry(
        self, section: str, field: str, name: str, asked_at: tuple[str | int, ...]
    ) -> tuple[Mapping[str, Any], tuple[str | int, ...]]:
        """The named entry's content and its place."""
        for index, one in enumerate(self.list(section)):
            if isinstance(one, dict) and one.get("name") == name:
                content = one.get(field)
                return (content if isinstance(content, dict) else {}), (section, index, field)
        raise self.error(asked_at, f"there is no {field} {name!r}; there are: {self.names(section)}")

    def list(self, section: str) -> Sequence[Any]:
        value = self.value.get(section)
        return value if isinstance(value, list) else ()

    def names(self, section: str) -> str:
        return ", ".join(str(one.get("name")) for one in self.list(section) if isinstance(one, dict)) or "none"

    def error(self, place: tuple[str | int, ...], message: str) -> UserError:
        while place and place not in self.marks:
            place = place[:-1]
        line, column = self.marks.get(place, (1, 1))
        return UserError(message, reason="InvalidKubeconfig", subject=f"{self.path}:{line}:{column}")


def _credentials(
    file: _File, cluster: Mapping[str, Any], user: Mapping[str, Any], at_user: tuple[str | int, ...]
) -> Credentials:
    for part in _UNSUPPORTED:
        if user.get(part):
            raise file.error(
                (*at_user, part), f"{part} is not supported; use a client certificate or a token of a service account"
            )
    certificate = _pem(file, user, "client-certificate", is_key=False)
    key = _pem(file, user, "client-key", is_key=True)
    if bool(certificate) != bool(key):
        raise file.error(at_user, "the user has a client certificate without its key, or the other way round")
    token = str(user.get("token") or "")
    if not token and user.get("tokenFile"):
        token = _bytes(file.path.parent / str(user["tokenFile"]), PEM_BYTES).decode(errors="replace").strip()
    return Credentials(
        ca_pem=_pem(file, cluster, "certificate-authority", is_key=False),
        client_cert_pem=certificate,
        client_key_pem=key,
        token=token,
        username=str(user.get("username") or ""),
        password=str(user.get("password") or ""),
        insecure=cluster.get("insecure-skip-tls-verify") is True,
        server_name=str(cluster.get("tls-server-name") or ""),
    )


def _pem(file: _File, entry: Mapping[str, Any], field: str, *, is_key: bool) -> str:
    """A PEM text from `<field>-data`, else from the file that `<field>` names relative to the kubeconfig."""
    if entry.get(f"{field}-data") or not entry.get(field):
        return kube_connect.pem(entry.get(f"{field}-data"), f"{field}-data", is_key=is_key, subject=str(file.path))
    found = file.path.parent / str(entry[field])
    encoded = base64.b64encode(_bytes(found, PEM_BYTES)).decode()
    return kube_connect.pem(encoded, field, is_key=is_key, subject=str(found))


def _bytes(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", reason="InvalidKubeconfig", subject=str(path)) from error
    if len(content) > limit:
        raise UserError(f"is larger than {limit // 2**20} MiB", reason="InvalidKubeconfig", subject=str(path))
    return content
