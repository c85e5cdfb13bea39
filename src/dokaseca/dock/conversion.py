"""The same object in another version: how two API groups share a table, and custom kinds with several versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from dokaseca.dock.resources import ResourceType
from dokaseca.model.manifest import Manifest

Convert = Callable[[Manifest], Manifest]

# (field of core/v1, field of events.k8s.io/v1)
_EVENT_FIELDS = (
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
)


def _renamed(manifest: Manifest, names: Mapping[str, str], api_version: str) -> Manifest:
    return {names.get(key, key): value for key, value in manifest.items()} | {"apiVersion": api_version}


def _event_to_new(manifest: Manifest) -> Manifest:
    return _renamed(manifest, dict(_EVENT_FIELDS), "events.k8s.io/v1")


def _event_to_core(manifest: Manifest) -> Manifest:
    return _renamed(manifest, {new: core for core, new in _EVENT_FIELDS}, "v1")


def _autoscaler_to_v1(manifest: Manifest) -> Manifest:
    """The CPU target becomes a field; other metrics have no place in v1's spec and travel in an annotation."""
    spec = dict(manifest.get("spec") or {})
    rest = []
    for metric in spec.pop("metrics", None) or ():
        target = metric.get("resource") or {}
        utilization = (target.get("target") or {}).get("averageUtilization")
        if metric.get("type") == "Resource" and target.get("name") == "cpu" and utilization is not None:
            spec["targetCPUUtilizationPercentage"] = utilization
        else:
            rest.append(metric)
    kept = {_METRICS: rest, _BEHAVIOR: spec.pop("behavior", None)}
    metadata = dict(manifest.get("metadata") or {})
    extra = {name: orjson.dumps(value).decode() for name, value in kept.items() if value}
    if extra:
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **extra}
    status = {key: value for key, value in (manifest.get("status") or {}).items() if key not in _STATUS_OF_V2}
    return manifest | {"apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status}


_METRICS = "autoscaling.alpha.kubernetes.io/metrics"
_BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
_STATUS_OF_V2 = ("currentMetrics", "conditions")


def _autoscaler_to_v2(manifest: Manifest) -> Manifest:
    spec = dict(manifest.get("spec") or {})
    metadata = dict(manifest.get("metadata") or {})
    annotations = dict(metadata.get("annotations") or {})
    metrics = _loaded(annotations.pop(_METRICS, None)) or []
    utilization = spec.pop("targetCPUUtilizationPercentage", None)
    if utilization is not None:
        target = {"type": "Utilization", "averageUtilization": utilization}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}, *metrics]
    if metrics:
        spec["metrics"] = metrics
    behavior = _loaded(annotations.pop(_BEHAVIOR, None))
    if behavior:
        spec["behavior"] = behavior
    if annotations or "annotations" in metadata:
        metadata["annotations"] = annotations
    return manifest | {"apiVersion": "autoscaling/v2", "metadata": metadata, "spec": spec}


def _loaded(text: str | None) -> Any:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None


_FROM_STORAGE: Mapping[str, Convert] = {
    "events.k8s.io/v1/events": _event_to_new,
    "autoscaling/v1/horizontalpodautoscalers": _autoscaler_to_v1,
}
_TO_STORAGE: Mapping[str, Convert] = {
    "events.k8s.io/v1/events": _event_to_core,
    "autoscaling/v1/horizontalpodautoscalers": _autoscaler_to_v2,
}


def from_storage(manifest: Manifest, of: ResourceType) -> Manifest:
    """A stored object as `of`'s version; the top level is copied, never changed."""
    if of.is_stored_form and manifest.get("apiVersion") == of.api_version:
        return manifest
    convert = _FROM_STORAGE.get(of.path)
    return convert(manifest) if convert else manifest | {"apiVersion": of.api_version}


def to_storage(manifest: Manifest, of: ResourceType) -> Manifest:
    """An object of `of`'s version as it is stored."""
    if of.is_stored_form:
        return manifest
    convert = _TO_STORAGE.get(of.path)
    return convert(manifest) if convert else manifest | {"apiVersion": of.storage.api_version}
