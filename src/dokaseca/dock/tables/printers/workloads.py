"""The cells of apps, batch and autoscaling."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dokaseca.dock.tables import ages
from dokaseca.dock.tables.printers.cells import NONE, age, containers, count, pairs, selector
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest


def _pods(manifest: Manifest) -> tuple[str, str]:
    return containers(manifests.get(manifest, "spec", "template", "spec"))


def deployment(manifest: Manifest, now: datetime) -> list[Any]:
    return [
        manifests.name(manifest),
        f"{count(manifest, 'status', 'readyReplicas')}/{count(manifest, 'spec', 'replicas')}",
        str(count(manifest, "status", "updatedReplicas")),
        str(count(manifest, "status", "availableReplicas")),
        age(manifest, now),
        *_pods(manifest),
        selector(manifests.get(manifest, "spec", "selector")),
    ]


def replica_set(manifest: Manifest, now: datetime) -> list[Any]:
    return [
        manifests.name(manifest),
        count(manifest, "spec", "replicas"),
        count(manifest, "status", "replicas"),
        count(manifest, "status", "readyReplicas"),
        age(manifest, now),
        *_pods(manifest),
        selector(manifests.get(manifest, "spec", "selector")),
    ]


def replication_controller(manifest: Manifest, now: datetime) -> list[Any]:
    cells = replica_set(manifest, now)
    return [*cells[:-1], pairs(manifests.get(manifest, "spec", "selector"))]


def stateful_set(manifest: Manifest, now: datetime) -> list[Any]:
    ready = f"{count(manifest, 'status', 'readyReplicas')}/{count(manifest, 'spec', 'replicas')}"
    return [manifests.name(manifest), ready, age(manifest, now), *_pods(manifest)]


def daemon_set(manifest: Manifest, now: datetime) -> list[Any]:
    fields = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [
        manifests.name(manifest),
        *(count(manifest, "status", field) for field in fields),
        pairs(manifests.get(manifest, "spec", "template", "spec", "nodeSelector")),
        age(manifest, now),
        *_pods(manifest),
        selector(manifests.get(manifest, "spec", "selector")),
    ]


def job(manifest: Manifest, now: datetime) -> list[Any]:
    spec, status = manifest.get("spec") or {}, manifest.get("status") or {}
    succeeded, wanted = count(manifest, "status", "succeeded"), spec.get("completions")
    if wanted is not None:
        completions = f"{succeeded}/{wanted}"
    elif (spec.get("parallelism") or 0) > 1:
        completions = f"{succeeded}/1 of {spec['parallelism']}"
    else:
        completions = f"{succeeded}/1"
    start = status.get("startTime")
    duration = ages.between(start, status.get("completionTime"), now) if start else ""
    return [
        manifests.name(manifest),
        _job_status(manifest),
        completions,
        duration,
        age(manifest, now),
        *_pods(manifest),
        selector(spec.get("selector")),
    ]


def _job_status(manifest: Manifest) -> str:
    conditions = manifests.get(manifest, "status", "conditions", default=[])
    true = {condition.get("type") for condition in conditions if condition.get("status") == "True"}
    if "Complete" in true:
        return "Complete"
    if "Failed" in true:
        return "Failed"
    if manifests.is_deleting(manifest):
        return "Terminating"
    for name, text in (
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ):
        if name in true:
            return text
    return "Running"


def cron_job(manifest: Manifest, now: datetime) -> list[Any]:
    spec = manifest.get("spec") or {}
    last = manifests.get(manifest, "status", "lastScheduleTime")
    template = manifests.get(spec, "jobTemplate", "spec", default={})
    return [
        manifests.name(manifest),
        spec.get("schedule") or "",
        spec.get("timeZone") or NONE,
        bool(spec.get("suspend")),
        len(manifests.get(manifest, "status", "active", default=[])),
        ages.since(last, now) if last else NONE,
        age(manifest, now),
        *containers(manifests.get(template, "template", "spec")),
        selector(template.get("selector")),
    ]


def autoscaler(manifest: Manifest, now: datetime) -> list[Any]:
    spec = manifest.get("spec") or {}
    reference = spec.get("scaleTargetRef") or {}
    minimum = spec.get("minReplicas")
    return [
        manifests.name(manifest),
        f"{reference.get('kind', '')}/{reference.get('name', '')}",
        _targets(manifest),
        str(minimum) if minimum is not None else "<unset>",
        str(spec.get("maxReplicas") or 0),
        str(count(manifest, "status", "currentReplicas")),
        age(manifest, now),
    ]


def _targets(manifest: Manifest) -> str:
    metrics = manifests.get(manifest, "spec", "metrics", default=[])
    if manifest.get("apiVersion") == "autoscaling/v1":
        wanted = manifests.get(manifest, "spec", "targetCPUUtilizationPercentage")
        current = manifests.get(manifest, "status", "currentCPUUtilizationPercentage")
        return NONE if wanted is None else f"cpu: {_unknown(current, '%')}/{wanted}%"
    texts = []
    for index, metric in enumerate(metrics[:2]):
        source = metric.get("resource") or {}
        target, current = (
            source.get("target") or {},
            manifests.get(manifest, "status", "currentMetrics", index, "resource", "current"),
        )
        if target.get("averageUtilization") is not None:
            shown = _unknown((current or {}).get("averageUtilization"), "%")
            texts.append(f"{source.get('name')}: {shown}/{target['averageUtilization']}%")
        else:
            wanted = target.get("averageValue") or target.get("value") or "<auto>"
            texts.append(f"{source.get('name') or metric.get('type')}: <unknown>/{wanted}")
    rest = f" + {len(metrics) - 2} more..." if len(metrics) > 2 else ""
    return ", ".join(texts) + rest if texts else NONE


def _unknown(value: Any, suffix: str) -> str:
    return ages.UNKNOWN if value is None else f"{value}{suffix}"


def controller_revision(manifest: Manifest, now: datetime) -> list[Any]:
    owner = next(
        (one for one in manifests.metadata(manifest).get("ownerReferences") or () if one.get("controller")), None
    )
    group = owner["apiVersion"].rpartition("/")[0] if owner else ""
    kind = f"{owner['kind'].lower()}{'.' + group if group else ''}/{owner['name']}" if owner else NONE
    return [manifests.name(manifest), kind, str(manifest.get("revision") or 0), age(manifest, now)]


def pod_template(manifest: Manifest, now: datetime) -> list[Any]:
    del now
    template = manifest.get("template") or {}
    return [manifests.name(manifest), *containers(template.get("spec")), pairs(manifests.labels(template))]


def budget(manifest: Manifest, now: datetime) -> list[Any]:
    spec = manifest.get("spec") or {}
    return [
        manifests.name(manifest),
        str(spec.get("minAvailable", "N/A")),
        str(spec.get("maxUnavailable", "N/A")),
        count(manifest, "status", "disruptionsAllowed"),
        age(manifest, now),
    ]
