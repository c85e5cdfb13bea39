"""ResourceQuotas: what a namespace uses, and the refusal of more (admission plugin ResourceQuota, pkg/quota)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import orjson

from dokaseca.dock import status_error
from dokaseca.dock.admission import pods, quantities
from dokaseca.dock.store.history import Stored
from dokaseca.dock.store.objects import Store
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

TABLE: Final = "resourcequotas"
_COUNTED: Final = frozenset(
    {"configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services"}
)
_COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
_CLASS: Final = ".storageclass.storage.k8s.io/"
Usage = dict[str, Decimal]


def is_limited(store: Store, namespace: str) -> bool:
    """Whether the namespace has a quota at all."""
    return bool(namespace) and bool(store.count(TABLE, namespace))


def check(store: Store, table: str, manifest: Manifest, old: Manifest | None) -> None:
    """Refuse an object that would take its namespace over a quota.

    Raises:
        StatusError: 403.
    """
    namespace, name = manifests.namespace(manifest), manifests.name(manifest)
    plural, _, group = table.partition(".")
    for stored in store.scan(TABLE, namespace):
        quota = orjson.loads(stored.data)
        hard = _hard(quota)
        new, before = _limited(quota, table, manifest, hard), _limited(quota, table, old, hard) if old else {}
        more = {key: value - before.get(key, Decimal(0)) for key, value in new.items()}
        more = {key: value for key, value in more.items() if value > 0}
        if old is None and table == "pods" and _selects(quota, manifest):
            lacking = _lacking(manifest, hard)
            if lacking:
                why = f"failed quota: {stored.name}: must specify {lacking}"
                raise status_error.forbidden(group, plural, name, why)
        if not more:
            continue
        used = usage(store, quota, only=frozenset({table}))
        over = sorted(key for key, value in more.items() if used.get(key, Decimal(0)) + value > hard[key])
        if over:
            parts = (("requested", more), ("used", used), ("limited", hard))
            told = ", ".join(f"{word}: {_shown(values, over, quota)}" for word, values in parts)
            raise status_error.forbidden(group, plural, name, f"exceeded quota: {stored.name}, {told}")


def usage(store: Store, quota: Manifest, *, only: frozenset[str] = frozenset()) -> Usage:
    """What the quota's namespace uses of what it limits; of the tables `only`, where given."""
    hard = _hard(quota)
    used = dict.fromkeys(hard, Decimal(0))
    for table in only or _tables(hard):
        for stored in store.scan(table, manifests.namespace(quota)):
            for key, value in _limited(quota, table, _loaded(stored, table), hard).items():
                used[key] += value
    return used


def status(store: Store, quota: Manifest) -> dict[str, Any]:
    """The status that the quota controller writes."""
    used = usage(store, quota)
    hard = dict(manifests.get(quota, "spec", "hard", default={}))
    shown = {key: quantities.show(value, binary=quantities.is_binary(hard[key])) for key, value in used.items()}
    return {"hard": hard, "used": shown}


def _loaded(stored: Stored, table: str) -> Manifest:
    """The object; most kinds are only counted, and not read for that."""
    found: Manifest = orjson.loads(stored.data) if table in ("pods", "services", "persistentvolumeclaims") else {}
    return found


def _hard(quota: Manifest) -> Usage:
    found = manifests.get(quota, "spec", "hard", default={})
    return {key: value for key, text in found.items() if (value := quantities.value_or_none(text)) is not None}


def _tables(hard: Iterable[str]) -> frozenset[str]:
    tables = set()
    for key in hard:
        if key.startswith("count/"):
            tables.add(key.removeprefix("count/"))
        elif key in _COUNTED:
            tables.add(key)
        elif key.startswith("services."):
            tables.add("services")
        elif key == "requests.storage" or _CLASS in key:
            tables.add("persistentvolumeclaims")
        else:
            tables.add("pods")
    return frozenset(tables)


def _limited(quota: Manifest, table: str, manifest: Manifest, hard: Mapping[str, Decimal]) -> Usage:
    """What one object uses of what the quota limits."""
    if table == "pods" and not _selects(quota, manifest):
        return {}
    if table != "pods" and _scopes(quota):
        return {}  # scopes select Pods
    return {key: value for key, value in _of(table, manifest) if key in hard}


def _of(table: str, manifest: Manifest) -> Iterator[tuple[str, Decimal]]:
    yield f"count/{table}", Decimal(1)
    if table == "pods" and manifests.get(manifest, "status", "phase") in ("Succeeded", "Failed"):
        return
    if table in _COUNTED:
        yield table, Decimal(1)
    if table == "pods":
        yield from _of_pod(manifest)
    elif table == "services":
        yield from _of_service(manifest)
    elif table == "persistentvolumeclaims":
        size = _number(manifests.get(manifest, "spec", "resources", "requests", "storage"))
        name = manifests.get(manifest, "spec", "storageClassName", default="")
        yield "requests.storage", size
        if name:
            yield f"{name}{_CLASS}requests.storage", size
            yield f"{name}{_CLASS}persistentvolumeclaims", Decimal(1)


def _of_pod(pod: Manifest) -> Iterator[tuple[str, Decimal]]:
    """Containers together, or the largest init container where it is more (PodRequests)."""
    spec = pod.get("spec") or {}
    for part in ("requests", "limits"):
        run, start = (
            [_asked(one, part) for one in spec.get(field) or ()] for field in ("containers", "initContainers")
        )
        for key in {key for one in (*run, *start) for key in one}:
            total = sum((one.get(key, Decimal(0)) for one in run), Decimal(0))
            value = max([total, *(one.get(key, Decimal(0)) for one in start)])
            yield f"{part}.{key}", value
            if part == "requests" and key in _COMPUTE:
                yield key, value


def _asked(container: dict[str, Any], part: str) -> Usage:
    found = manifests.get(container, "resources", part, default={})
    return {key: _number(text) for key, text in found.items()}


def _of_service(service: Manifest) -> Iterator[tuple[str, Decimal]]:
    spec = service.get("spec") or {}
    ports = Decimal(len(spec.get("ports") or ()))
    if spec.get("type") == "LoadBalancer":
        yield "services.loadbalancers", Decimal(1)
    if spec.get("type") == "NodePort" or (
        spec.get("type") == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)
    ):
        yield "services.nodeports", ports


def _scopes(quota: Manifest) -> list[dict[str, Any]]:
    plain = [{"scopeName": name, "operator": "Exists"} for name in manifests.get(quota, "spec", "scopes", default=[])]
    return [*plain, *manifests.get(quota, "spec", "scopeSelector", "matchExpressions", default=[])]


def _selects(quota: Manifest, pod: Manifest) -> bool:
    return all(_in_scope(scope, pod) for scope in _scopes(quota))


def _in_scope(scope: dict[str, Any], pod: Manifest) -> bool:
    spec, name = pod.get("spec") or {}, scope.get("scopeName")
    if name in ("Terminating", "NotTerminating"):
        return (spec.get("activeDeadlineSeconds") is not None) is (name == "Terminating")
    if name in ("BestEffort", "NotBestEffort"):
        return (manifests.get(pod, "status", "qosClass") == "BestEffort") is (name == "BestEffort")
    if name != "PriorityClass":
        return False
    found, values = spec.get("priorityClassName") or "", scope.get("values") or ()
    match scope.get("operator"):
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return bool(found)
    return not found


def _lacking(pod: Manifest, hard: Mapping[str, Decimal]) -> str:
    """What containers must say where cpu or memory is limited, empty where they do."""
    parts = []
    for key in sorted(hard):
        part, _, resource = key.rpartition(".") if "." in key else ("requests", ".", key)
        if resource not in ("cpu", "memory") or part not in ("requests", "limits"):
            continue
        found = [one for _, one in pods.containers(pod.get("spec") or {})]
        names = [str(one.get("name")) for one in found if resource not in _asked(one, part)]
        if names:
            parts.append(f"{key} for: {','.join(sorted(names))}")
    return "; ".join(parts)


def _shown(values: Mapping[str, Decimal], keys: Iterable[str], quota: Manifest) -> str:
    hard = manifests.get(quota, "spec", "hard", default={})
    return ",".join(f"{key}={quantities.show(values[key], binary=quantities.is_binary(hard[key]))}" for key in keys)


def _number(quantity: Any) -> Decimal:
    return quantities.value_or_none(quantity) or Decimal(0)
