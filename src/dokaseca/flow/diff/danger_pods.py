"""Access to the node that Pods of a change get. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

_TEMPLATES: Final = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"),
        ("spec", "template", "spec"),
    ),
}
_HOST: Final = ("hostNetwork", "hostPID", "hostIPC")


def gained(before: Manifest | None, after: Manifest) -> list[str]:
    """What Pods of `after` may reach of their node that those of `before` did not, sorted; for a new object, all."""
    return sorted(set(_powers(after)) - set(_powers(before)))


def _powers(manifest: Manifest | None) -> Iterator[str]:
    path = _TEMPLATES.get(str(manifests.get(manifest, "kind", default="")))
    pod: Any = manifests.get(manifest, *path, default={}) if path else {}
    if not isinstance(pod, dict):
        return
    for name in _HOST:
        if pod.get(name) is True:
            yield f"Pods run with {name}"
    for volume in _mappings(pod.get("volumes")):
        place = manifests.get(volume, "hostPath", "path")
        if place is not None:
            yield f"Pods mount {place} of their node"
    for container in (*_mappings(pod.get("initContainers")), *_mappings(pod.get("containers"))):
        if manifests.get(container, "securityContext", "privileged") is True:
            yield f"container {container.get('name')} is privileged"


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
