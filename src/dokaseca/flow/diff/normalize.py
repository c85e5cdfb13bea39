"""Two forms of one object made comparable. Pure (B11)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

SERVER_METADATA = frozenset(
    {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"}
    | {"resourceVersion", "selfLink", "uid"}
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_RULES_KINDS = frozenset({"Role", "ClusterRole"})


def target(manifest: Manifest) -> Manifest:
    """What Git wants, without what only the server decides; a Secret's `stringData` folded into `data`."""
    kept = {name: value for name, value in manifest.items() if name != "status"}
    kept["metadata"] = _metadata(manifests.metadata(manifest))
    if manifest.get("kind") == "Secret" and not manifests.gvk(manifest).group:
        kept = _folded(kept)
    if manifest.get("kind") in _RULES_KINDS and kept.get("rules") is None:
        kept["rules"] = []
    return kept


def live(manifest: Manifest) -> Manifest:
    """What the cluster holds, status and server metadata dropped."""
    kept = {name: value for name, value in manifest.items() if name != "status"}
    kept["metadata"] = _metadata(manifests.metadata(manifest))
    if manifest.get("kind") in _RULES_KINDS and kept.get("rules") is None:
        kept["rules"] = []
    return kept


def is_empty(value: Any) -> bool:
    """Null, and containers that hold nothing: the server may leave them out."""
    return value is None or value == {} or value == []


def _metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in metadata.items() if name not in SERVER_METADATA}
    annotations = kept.get("annotations")
    if isinstance(annotations, dict) and LAST_APPLIED in annotations:
        kept["annotations"] = {name: value for name, value in annotations.items() if name != LAST_APPLIED}
    return kept


def _folded(secret: dict[str, Any]) -> dict[str, Any]:
    plain = secret.pop("stringData", None) or {}
    if plain:
        encoded = {name: base64.b64encode(str(value).encode()).decode() for name, value in plain.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}
    return secret
