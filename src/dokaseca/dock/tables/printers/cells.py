"""What several printers share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dokaseca.dock.tables import ages
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

NONE = "<none>"
UNSET = "<unset>"


def age(manifest: Manifest, now: datetime) -> str:
    """The object's age."""
    return ages.since(manifests.metadata(manifest).get("creationTimestamp"), now)


def containers(spec: Any) -> tuple[str, str]:
    """Names and images of a pod spec's containers."""
    found = manifests.get(spec, "containers", default=[])
    names = ",".join(str(container.get("name", "")) for container in found)
    return names, ",".join(str(container.get("image", "")) for container in found)


def pairs(labels: Any) -> str:
    """A map as `a=b,c=d`, sorted."""
    if not labels:
        return NONE
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels))


def selector(document: Any) -> str:
    """A LabelSelector as text."""
    if not document:
        return NONE
    parts = [f"{key}={value}" for key, value in sorted((document.get("matchLabels") or {}).items())]
    for expression in document.get("matchExpressions") or ():
        key, values = expression.get("key"), ",".join(sorted(expression.get("values") or ()))
        texts = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }
        parts.append(str(texts.get(expression.get("operator"), key)))
    return ",".join(parts) or NONE


def truth(value: Any) -> str:
    """A boolean as kubectl spells it."""
    return "true" if value else "false"


def count(manifest: Manifest, *path: str) -> int:
    """An integer in the object, 0 where it is missing."""
    value = manifests.get(manifest, *path, default=0)
    return value if isinstance(value, int) else 0
