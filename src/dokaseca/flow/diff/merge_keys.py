"""How lists are paired: by merge key where Kubernetes has one, else by place. Pure.

The API conventions of the built-in kinds (`x-kubernetes-patch-merge-key`, `-list-map-keys`), by field name: the
same name has the same key wherever it appears in what a GitOps repository holds.
"""

from __future__ import annotations

from typing import Any

BY_FIELD: dict[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "initContainers": (("name",),),
    "ephemeralContainers": (("name",),),
    "env": (("name",),),
    "volumes": (("name",),),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "imagePullSecrets": (("name",),),
    "hostAliases": (("ip",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "secrets": (("name",),),
    "webhooks": (("name",),),
    "conditions": (("type",),),
    "validations": (),
    "matchConditions": (("name",),),
    "resourceClaims": (("name",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
}
_DEFAULTS = {"protocol": "TCP"}


def pair_key_or_none(field: str, items: list[Any]) -> tuple[str, ...] | None:
    """The merge key that identifies every item of a list field, None when items pair by place."""
    for keys in BY_FIELD.get(field, ()):
        if all(isinstance(item, dict) and all(key in item or key in _DEFAULTS for key in keys) for item in items):
            return keys
    return None


def identity(item: dict[str, Any], keys: tuple[str, ...]) -> tuple[str, ...]:
    """What pairs one item with its counterpart."""
    return tuple(str(item.get(key, _DEFAULTS.get(key, ""))) for key in keys)
