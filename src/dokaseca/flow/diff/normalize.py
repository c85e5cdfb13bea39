"""Two forms of one object made comparable. Pure (B11)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

SERVER_METADATA = frozenset(
    {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"}
    | {"resourceVersion", "selfLink", "uid"}
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_RBAC = "rbac.authorization.k8s.io"


def target(manifest: Manifest) -> Manifest:
    """What Git wants, without what only the server decides; a Secret's `stringData` folded into `data`."""
    return _normal(manifest)


def live(manifest: Manifest) -> Manifest:
    """What the cluster holds, in the same form: status and server metadata dropped."""
    return _normal(manifest)


def is_secret(manifest: Manifest | None) -> bool:
    """Whether it is Kubernetes' own Secret."""
    return manifest is not None and manifest.get("kind") == "Secret" and not manifests.gvk(manifest).group


def _normal(manifest: Manifest) -> Manifest:
    kept = {name: value for name, value in manifest.items() if name != "status"}
    kept["metadata"] = _metadata(manifests.metadata(manifest))
    if is_secret(manifest):
        return _folded(kept)
    if manifests.gvk(manifest).group == _RBAC and manifest.get("kind") in ("Role", "ClusterRole"):
        return _rules(kept)
    return kept


def _metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in metadata.items() if name not in SERVER_METADATA}
    annotations = kept.get("annotations")
    if isinstance(annotations, dict) and LAST_APPLIED in annotations:
        kept["annotations"] = {name: value for name, value in annotations.items() if name != LAST_APPLIED}
    return kept


def _rules(role: dict[str, Any]) -> dict[str, Any]:
    """Null rules are none; those of an aggregated role belong to the controller that overwrites them."""
    if role.get("aggregationRule"):
        return {name: value for name, value in role.items() if name != "rules"}
    return {**role, "rules": role.get("rules") or []}


def _folded(secret: dict[str, Any]) -> dict[str, Any]:
    plain = secret.pop("stringData", None)
    data = secret.get("data")
    if isinstance(data, dict):
        secret["data"] = {name: _canonical(value) for name, value in data.items()}
    if isinstance(plain, dict) and plain and (data is None or isinstance(data, dict)):
        encoded = {name: base64.b64encode(_text(value).encode()).decode() for name, value in plain.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}
    return secret


def _canonical(value: Any) -> Any:
    """base64 as the server writes it: null is empty, line breaks are gone."""
    if value is None:
        return ""
    try:
        return base64.b64encode(base64.b64decode("".join(value.split()), validate=True)).decode()
    except (AttributeError, binascii.Error, ValueError):
        return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
