"""A cluster as its Secret tells it: name, server, project, labels, annotations. Credentials stay out."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from dokaseca.generate.templates.gotemplate.values import StringMap
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class ClusterSecret:
    """One Secret labelled `argocd.argoproj.io/secret-type: cluster`.

    Attributes:
        secret_name: metadata.name of the Secret.
        name: the cluster's name, from data.name.
        params: what generators made of it, by engine; every ApplicationSet takes the same.
    """

    name: str
    server: str
    project: str = ""
    labels: StringMap = field(default_factory=StringMap)
    annotations: StringMap = field(default_factory=StringMap)
    secret_name: str = ""
    params: dict[bool, dict[str, Any]] = field(default_factory=dict, init=False, compare=False, repr=False)


def is_cluster_secret(manifest: Manifest) -> bool:
    """Whether the Secret registers a cluster."""
    return manifests.labels(manifest).get(application_sets.CLUSTER_SECRET_LABEL) == "cluster"


def from_secret(manifest: Manifest) -> ClusterSecret:
    """The cluster that a Secret registers; `stringData` counts as well, for offline use.

    Raises:
        UserError: a value is not base64; the message never holds the value.
    """
    data = {**_decoded(manifest), **_mapping(manifest.get("stringData"))}
    return ClusterSecret(
        name=str(data.get("name") or ""),
        server=str(data.get("server") or "").rstrip("/"),
        project=str(data.get("project") or ""),
        labels=StringMap(manifests.labels(manifest)),
        annotations=StringMap(manifests.annotations(manifest)),
        secret_name=manifests.name(manifest),
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _decoded(manifest: Manifest) -> dict[str, str]:
    data = _mapping(manifest.get("data"))
    decoded = {}
    for name in ("name", "server", "project"):
        if data.get(name) is None:
            continue
        try:
            decoded[name] = base64.b64decode(str(data[name]), validate=True).decode()
        except (binascii.Error, ValueError):
            raise UserError(
                f"data.{name} is not base64 of UTF-8 text: encode it, or write it under stringData",
                reason="InvalidClusterSecret",
                subject=f"Secret {manifests.namespace(manifest)}/{manifests.name(manifest)}",
            ) from None
    return decoded
