"""From a pod template to Pods: names, labels, owner references and the template's hash."""

from __future__ import annotations

from typing import Any

from dokaseca.kit import digest
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

HASH_LABEL = "pod-template-hash"
REVISION_LABEL = "controller-revision-hash"
_SAFE = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes' alphabet for generated names: no vowels, no words


def safe_hash(value: Any, length: int = 10) -> str:
    """A short name for `value`; equal values have equal names."""
    number = int(digest.of_value(value)[:24], 16)
    letters = []
    for _ in range(length):
        number, index = divmod(number, len(_SAFE))
        letters.append(_SAFE[index])
    return "".join(letters)


def owner_reference(owner: Manifest) -> dict[str, Any]:
    """A reference that makes `owner` the controller."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": manifests.name(owner),
        "uid": manifests.uid(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def template_of(owner: Manifest) -> Manifest:
    template: Manifest = manifests.get(owner, "spec", "template", default={})
    return template


def pod(owner: Manifest, node_name: str, *, name: str = "", labels: dict[str, str] | None = None) -> Manifest:
    """A Pod of `owner`'s template, bound to `node_name` unless empty; named by the server unless `name` is given."""
    template = template_of(owner)
    metadata: dict[str, Any] = {
        "namespace": manifests.namespace(owner),
        "labels": {**manifests.labels(template), **(labels or {})},
        "ownerReferences": [owner_reference(owner)],
    }
    if manifests.annotations(template):
        metadata["annotations"] = manifests.annotations(template)
    metadata |= {"name": name} if name else {"generateName": f"{manifests.name(owner)[:57]}-"}
    spec = {**template.get("spec", {})}
    if node_name:
        spec.setdefault("nodeName", node_name)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
