"""An Application's status as Argo CD writes it, computed from a pass or an error. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from dokaseca.controllers import application_size
from dokaseca.engine import underway
from dokaseca.engine.result import Pass
from dokaseca.flow.sync import inventory, options, order
from dokaseca.kit import clock as clocks
from dokaseca.kit.clock import rfc3339
from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.change import Change
from dokaseca.model.condition import Condition
from dokaseca.model.health import Health
from dokaseca.model.manifest import Manifest

CONTROLLER_NAMESPACE = "argocd"
IMAGES_SHOWN = 100  # a summary, not an inventory
URLS_SHOWN = 100  # the same


def of_pass(application: Application, passed: Pass, now: datetime) -> dict[str, Any]:
    """The whole status after a pass. Fields that did not change keep their value, so that no write follows."""
    old = application.status
    sync = _sync(application, passed)
    new: dict[str, Any] = {
        **old,
        "sync": sync,
        "health": _health(old, passed.health.verdict.status, passed.health.verdict.message, now),
        "resources": [_resource(change, passed) for change in passed.changes.changes if not change.hook],
        "sourceType": passed.rendered.source_types[0] if passed.rendered.source_types else "Directory",
        "summary": _summary(passed),
        "controllerNamespace": CONTROLLER_NAMESPACE,
    }
    new.pop("resourceHealthSource", None)  # health stands beside each object
    if sync != old.get("sync") or "reconciledAt" not in old or application.refresh:
        new["reconciledAt"] = rfc3339(now)
    if application.is_multi_source:
        new["sourceTypes"] = list(passed.rendered.source_types)
        new.pop("sourceType", None)
    if passed.operation.acted and passed.operation.state is not None:
        new["operationState"] = _operation_state(old.get("operationState") or {}, passed.operation.state)
    if passed.operation.history is not None and application.history_limit:
        new["history"] = _history(old.get("history") or [], passed.operation.history, application.history_limit)
    return _fitting(new, _conditions(application, passed), application.manifest, now)


def of_begin(manifest: Manifest, state: Mapping[str, Any], resources: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The status before an operation touches the cluster: its state, and what it may touch."""
    begun = {**(manifest.get("status") or {}), "operationState": dict(state), "resources": list(resources)}
    return application_size.bounded(begun, manifest)[0]


def of_error(manifest: Manifest, condition: Condition, now: datetime) -> dict[str, Any]:
    """The status after an error: what was last known stays, the comparison is Unknown, and the condition says why."""
    old = manifest.get("status") or {}
    sync = {**(old.get("sync") or {}), "status": "Unknown"}
    health = old.get("health") or {"status": Health.UNKNOWN.value, "lastTransitionTime": rfc3339(now)}
    return _fitting({**old, "sync": sync, "health": health}, [condition], manifest, now)


def duration_seconds(state: Mapping[str, Any]) -> float:
    """How long an operation took, in whole seconds as its times are; 0 while it runs."""
    try:
        started, finished = (clocks.parse_rfc3339(str(state[name])) for name in ("startedAt", "finishedAt"))
    except (KeyError, ValueError):
        return 0.0
    return (finished - started).total_seconds()


def _sync(application: Application, passed: Pass) -> dict[str, Any]:
    spec = application.manifest.get("spec") or {}
    compared = {name: spec[name] for name in ("destination", "ignoreDifferences", "source", "sources") if name in spec}
    revisions = passed.revisions
    pinned = {"revisions": revisions} if application.is_multi_source else {"revision": revisions[0]}
    return {"status": passed.changes.status.value, "comparedTo": compared, **pinned}


def _operation_state(current: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`new`, unless somebody asked for the operation's end while the pass was under way."""
    if current.get("phase") == underway.TERMINATING and new.get("phase") == "Running":
        return {**new, "phase": underway.TERMINATING}
    return dict(new)


def _health(old: Mapping[str, Any], status: Health, message: str, now: datetime) -> dict[str, Any]:
    before = old.get("health") or {}
    since = before.get("lastTransitionTime") if before.get("status") == status.value else None
    health = {"status": status.value, "lastTransitionTime": since or rfc3339(now)}
    return {**health, "message": message} if message else health


def _resource(change: Change, passed: Pass) -> dict[str, Any]:
    key = change.key
    manifest = change.target or change.live or {}
    verdict = passed.health.by_key.get(key)
    entry: dict[str, Any] = {
        "group": key.group,
        "version": change.version,
        "kind": key.kind,
        "namespace": key.namespace,
        "name": key.name,
        "status": change.status.value,
        "requiresPruning": change.requires_pruning,
        "requiresDeletionConfirmation": _wants_confirmation(manifest),
        "syncWave": order.wave(manifest),
    }
    if verdict is not None:
        entry["health"] = {"status": verdict.status.value} | ({"message": verdict.message} if verdict.message else {})
    return {name: value for name, value in entry.items() if value not in ("", False, 0)}


def _wants_confirmation(manifest: Manifest) -> bool:
    return any(options.value(manifest, name, frozenset()) == "confirm" for name in ("Delete", "Prune"))


def _summary(passed: Pass) -> dict[str, Any]:
    images: set[str] = set()
    urls: set[str] = set()
    for change in passed.changes.changes:
        if change.live is None:
            continue
        images.update(_images(change.live))
        if change.key.kind == "Ingress":
            hosts = (rule.get("host") for rule in manifests.get(change.live, "spec", "rules", default=[]))
            urls.update(f"http://{host}/" for host in hosts if host)
    summary: dict[str, Any] = {}
    if images:
        summary["images"] = sorted(images)[:IMAGES_SHOWN]
    if urls:
        summary["externalURLs"] = sorted(urls)[:URLS_SHOWN]
    return summary


def _images(live: Manifest) -> Iterable[str]:
    template = ("template", "spec")
    of_kind = {"Pod": (), "CronJob": ("jobTemplate", "spec", *template)}
    pod = manifests.get(live, "spec", *of_kind.get(str(live.get("kind")), template), default={})
    for field in ("containers", "initContainers"):
        for container in pod.get(field) or ():
            if container.get("image"):
                yield str(container["image"])


def _history(entries: list[Mapping[str, Any]], entry: Mapping[str, Any], limit: int) -> list[Mapping[str, Any]]:
    number = max((int(one.get("id") or 0) for one in entries), default=-1) + 1
    return [*entries, {**entry, "id": number}][-limit:]


def _shared(application: Application, passed: Pass) -> Iterable[str]:
    for change in passed.changes.changes:
        owner = inventory.owner_or_none(change.live) if change.live is not None and change.target is not None else None
        if owner is not None and owner != application.instance:
            yield f"{change.key.kind}/{change.key.name} is part of applications {application.key} and {owner}"


def _conditions(application: Application, passed: Pass) -> list[Condition]:
    found = [
        Condition("RepeatedResourceWarning", f"Resource {key} appeared {count} times among application resources.")
        for key, count in passed.targets.repeated.items()
    ]
    found += [Condition("SharedResourceWarning", warning) for warning in _shared(application, passed)]
    found += [Condition("RepeatedResourceWarning", warning) for warning in passed.rendered.warnings]
    found += passed.operation.notes
    if passed.operation.sync_error:
        found.append(Condition("SyncError", passed.operation.sync_error))
    return found


def _fitting(status: dict[str, Any], found: Iterable[Condition], manifest: Manifest, now: datetime) -> dict[str, Any]:
    """The status with its conditions; where it is too large to be stored, less of it and one more condition."""
    full = _with_conditions(status, found, now, manifest)
    small, left_out = application_size.bounded(full, manifest)
    if not left_out:
        return full
    kept = [Condition(str(one["type"]), str(one["message"])) for one in small.get("conditions") or ()]
    return _with_conditions(small, [*kept, Condition("TruncatedStatusWarning", left_out)], now, manifest)


def _with_conditions(
    status: dict[str, Any], found: Iterable[Condition], now: datetime, manifest: Manifest
) -> dict[str, Any]:
    last = manifests.get(manifest, "status", "conditions", default=[])
    before = {(one.get("type"), one.get("message")): one for one in last}
    conditions = [
        before.get((one.type, one.message))
        or {"type": one.type, "message": one.message, "lastTransitionTime": rfc3339(now)}
        for one in found
    ]
    if conditions:
        return {**status, "conditions": conditions}
    return {name: value for name, value in status.items() if name != "conditions"}
