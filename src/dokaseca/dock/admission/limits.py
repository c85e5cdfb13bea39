"""LimitRanges: defaults for containers without requests or limits, and bounds (admission plugin LimitRanger)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.admission import pods, quantities
from dokaseca.dock.store.objects import Store
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

TABLE: Final = "limitranges"
_NOTE: Final = "kubernetes.io/limit-ranger"
_PARTS: Final = (("requests", "request"), ("limits", "limit"))


def default_range(manifest: Manifest) -> None:
    """Complete the items for containers: what is left out follows from the rest (SetDefaults_LimitRangeItem)."""
    for item in manifests.get(manifest, "spec", "limits", default=[]):
        if item.get("type") != "Container":
            continue
        default = {**item.get("max", {}), **item.get("default", {})}
        request = {**item.get("min", {}), **default, **item.get("defaultRequest", {})}
        for field, value in (("default", default), ("defaultRequest", request)):
            if value:
                item[field] = value


def complete(store: Store, pod: Manifest) -> None:
    """Give the Pod's containers what they lack, in place, and note what."""
    notes = []
    for item in _items(store, manifests.namespace(pod), "Container"):
        for field in ("initContainers", "containers"):
            for container in manifests.get(pod, "spec", field, default=[]):
                notes += list(_complete(container, item, "init container" if field[0] == "i" else "container"))
    if notes:
        annotations = pod["metadata"].setdefault("annotations", {})
        annotations[_NOTE] = f"LimitRanger plugin set: {'; '.join(notes)}"


def check(store: Store, plural: str, manifest: Manifest) -> None:
    """Refuse a Pod or claim outside of the bounds of its namespace.

    Raises:
        StatusError: 403.
    """
    wrong: list[str] = []
    namespace = manifests.namespace(manifest)
    if plural == "pods":
        found = [one for _, one in pods.containers(manifest["spec"])]
        for item in _items(store, namespace, "Container"):
            for container in found:
                wrong += _out_of_bounds(item, container.get("resources") or {})
        for item in _items(store, namespace, "Pod"):
            wrong += _out_of_bounds(item, _sum(found))
    else:
        for item in _items(store, namespace, "PersistentVolumeClaim"):
            requests = manifests.get(manifest, "spec", "resources", "requests", default={})
            wrong += _out_of_bounds(item, {"requests": requests, "limits": requests}, of_limit="request")
    if wrong:
        why = wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]"
        raise status_error.forbidden("", plural, manifests.name(manifest), why)


def _items(store: Store, namespace: str, kind: str) -> Iterator[dict[str, Any]]:
    for stored in store.scan(TABLE, namespace):
        for item in manifests.get(orjson.loads(stored.data), "spec", "limits", default=[]):
            if item.get("type") == kind:
                yield item


def _complete(container: dict[str, Any], item: dict[str, Any], what: str) -> Iterator[str]:
    resources = container.setdefault("resources", {})
    for (part, word), field in zip(_PARTS, ("defaultRequest", "default"), strict=True):
        lacking = {key: value for key, value in (item.get(field) or {}).items() if key not in resources.get(part, {})}
        if lacking:
            resources[part] = {**resources.get(part, {}), **lacking}
            yield f"{', '.join(sorted(lacking))} {word} for {what} {container.get('name')}"


def _sum(containers: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """What a Pod's containers ask for together; a resource that one leaves out counts as nothing."""
    total: dict[str, dict[str, str]] = {}
    for part, _ in _PARTS:
        sums: dict[str, tuple[Decimal, bool]] = {}
        for container in containers:
            for key, text in manifests.get(container, "resources", part, default={}).items():
                value, binary = sums.get(key, (Decimal(0), False))
                sums[key] = (value + (quantities.value_or_none(text) or 0), binary or quantities.is_binary(text))
        total[part] = {key: quantities.show(value, binary=binary) for key, (value, binary) in sums.items()}
    return total


def _out_of_bounds(item: dict[str, Any], resources: dict[str, Any], *, of_limit: str = "limit") -> Iterator[str]:
    kind, requests, limits = item["type"], resources.get("requests") or {}, resources.get("limits") or {}
    for key, least in sorted((item.get("min") or {}).items()):
        if key not in requests:
            yield f"minimum {key} usage per {kind} is {least}.  No request is specified"
        elif _number(requests[key]) < _number(least):
            yield f"minimum {key} usage per {kind} is {least}, but request is {requests[key]}"
    for key, most in sorted((item.get("max") or {}).items()):
        if key not in limits:
            yield f"maximum {key} usage per {kind} is {most}.  No limit is specified"
        elif _number(limits[key]) > _number(most):
            yield f"maximum {key} usage per {kind} is {most}, but {of_limit} is {limits[key]}"
    for key, most in sorted((item.get("maxLimitRequestRatio") or {}).items()):
        request, limit = _number(requests.get(key, 0)), _number(limits.get(key, 0))
        if not request or not limit:
            lacks = "request" if not request else "limit"
            yield f"{key} max limit to request ratio per {kind} is {most}, but no {lacks} is specified or {lacks} is 0"
        elif limit / request > _number(most):
            yield f"{key} max limit to request ratio per {kind} is {most}, but provided ratio is {limit / request:.6f}"


def _number(quantity: Any) -> Decimal:
    return quantities.value_or_none(quantity) or Decimal(0)
