"""Client-side apply's annotation, so that `kubectl apply --server-side` takes over what `kubectl apply` made."""

from __future__ import annotations

from typing import Any

import orjson

from dokaseca.dock.patching import fields_v1, typed
from dokaseca.dock.patching.fields_v1 import FieldSet
from dokaseca.dock.patching.list_types import ListTypes
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import UserError
from dokaseca.model.manifest import Manifest

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
MANAGER = "kubectl"  # kube-apiserver upgrades for this manager's name only; another name opts out


def fields_still_as_applied(live: Manifest, types: ListTypes) -> FieldSet:
    """The fields of the last client-side apply that `live` still holds with the same values; empty without annotation.

    A server-side apply by kubectl may take these without a conflict (kube-apiserver's lastAppliedManager).
    """
    last = _parsed(manifests.annotations(live).get(ANNOTATION))
    if last is None:
        return {}
    try:
        mentioned = typed.field_set(last, types)
    except UserError:
        return {}
    differing = typed.compare(last, live, types)
    for part in (differing.modified, differing.added, differing.removed):
        mentioned = fields_v1.difference(mentioned, part)
    return mentioned


def refreshed(merged: Manifest, applied: Manifest) -> Manifest:
    """`merged` with the annotation brought up to `applied`, where it carries one."""
    annotations = manifests.annotations(merged)
    if ANNOTATION not in annotations:
        return merged
    text = orjson.dumps(applied, option=orjson.OPT_SORT_KEYS).decode() + "\n"
    metadata = {**manifests.metadata(merged), "annotations": {**annotations, ANNOTATION: text}}
    return {**merged, "metadata": metadata}


def _parsed(text: Any) -> Manifest | None:
    try:
        value = orjson.loads(text) if isinstance(text, str) else None
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
