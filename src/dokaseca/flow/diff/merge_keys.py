"""How lists are paired: by merge key where Kubernetes has one, else by place. Pure.

The API conventions of the built-in kinds (`x-kubernetes-patch-merge-key`, `-list-map-keys`), by field name. An item of
the live list that Git does not name belongs to somebody else and is no drift; a list without a key is one value.
"""

from __future__ import annotations

from typing import Any

from dokaseca.flow.diff import zero_values
from dokaseca.model.identity import GroupKind

BY_FIELD: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "secrets": ("name",),
    "webhooks": ("name",),
    "matchConditions": ("name",),
    "resourceClaims": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "ownerReferences": ("uid",),
}
_CONTAINER_PORT, _SERVICE_PORT = ("containerPort", "protocol"), ("port", "protocol")
_DEFAULTS = {"protocol": "TCP"}
_SERVICE = GroupKind("", "Service")
_POD = GroupKind("", "Pod")


def is_set(kind: GroupKind, field: str) -> bool:
    """Whether a list's order means nothing and others may add to it: finalizers, what admission adds to a Pod."""
    return field == "finalizers" or (kind == _POD and field == "tolerations")


def keys_or_none(kind: GroupKind, field: str, wanted: list[Any], found: list[Any]) -> tuple[str, ...] | None:
    """The merge key that identifies every item of both lists, None when items pair by place.

    Of a custom resource the schema is not known: there both sides must hold the same items, in any order.
    """
    keys = _keys_or_none(kind, field, [*wanted, *found])
    if keys is None:
        return None
    ours, theirs = ({identity(item, keys) for item in items} for items in (wanted, found))
    if len(ours) != len(wanted) or len(theirs) != len(found):  # `env` may name one variable twice: order decides
        return None
    return keys if kind.group in zero_values.BUILT_IN_GROUPS or ours == theirs else None


def identity(item: dict[str, Any], keys: tuple[str, ...]) -> tuple[str, ...]:
    """What pairs one item with its counterpart."""
    return tuple(str(item.get(key, _DEFAULTS.get(key, ""))) for key in keys)


def _keys_or_none(kind: GroupKind, field: str, items: list[Any]) -> tuple[str, ...] | None:
    candidates = [BY_FIELD[field]] if field in BY_FIELD else []
    if field == "ports":
        candidates = [_SERVICE_PORT] if kind == _SERVICE else [_CONTAINER_PORT]
    for keys in candidates:
        if all(isinstance(item, dict) and all(key in item or key in _DEFAULTS for key in keys) for item in items):
            return keys
    return None
