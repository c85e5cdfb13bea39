"""Deployments: a ReplicaSet per template, rolled over as the strategy says."""

from __future__ import annotations

from typing import Any, NamedTuple

from dokaseca.dock.simulator import conditions, kinds, plan, rollout, templates
from dokaseca.dock.simulator.plan import Create, Delete, Patch, Plan, Write
from dokaseca.dock.simulator.rollout import Share
from dokaseca.dock.simulator.seen import Context
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = {REVISION, DESIRED, MAXIMUM, "kubectl.kubernetes.io/last-applied-configuration"}


def reconcile(deployment: Manifest, context: Context) -> Plan:
    """One step of the rollout, and the status of what is there now."""
    if manifests.is_deleting(deployment):
        return plan.NOTHING
    owned = sorted(context.seen.owned(deployment, kinds.REPLICA_SET), key=_revision)
    name = f"{manifests.name(deployment)}-{templates.safe_hash(templates.template_of(deployment))}"
    current = next((one for one in owned if manifests.name(one) == name), None)
    olds = [one for one in owned if one is not current]
    if current is None and not manifests.get(deployment, "spec", "paused"):
        if _waits_for_old_to_go(deployment, olds):
            return Plan((*_scale_all(olds, 0), *_status(deployment, None, olds, context).writes))
        revision = max(map(_revision, owned), default=0) + 1
        size = rollout.new_size(_desired(deployment), Share(0, 0), [_share(old) for old in olds], _limits(deployment))
        return Plan((Create(_replica_set(deployment, name, revision, size), deployment),))
    if current is None:
        return _status(deployment, None, olds, context)
    writes = [*_renumber(deployment, current, olds), *_rescale(deployment, current, olds)]
    report = _status(deployment, current, olds, context)
    return Plan((*writes, *_forget(deployment, current, olds), *report.writes), report.again_after_seconds)


def _desired(deployment: Manifest) -> int:
    return int(manifests.get(deployment, "spec", "replicas", default=1))


def _size(replica_set: Manifest) -> int:
    return int(manifests.get(replica_set, "spec", "replicas", default=1))


def _share(replica_set: Manifest) -> Share:
    return Share(_size(replica_set), int(manifests.get(replica_set, "status", "availableReplicas", default=0)))


def _revision(replica_set: Manifest) -> int:
    text = manifests.annotations(replica_set).get(REVISION, "")
    return int(text) if text.isdigit() else 0


def _limits(deployment: Manifest) -> rollout.Limits:
    rolling = manifests.get(deployment, "spec", "strategy", "rollingUpdate", default={})
    return rollout.limits(_desired(deployment), rolling.get("maxSurge", "25%"), rolling.get("maxUnavailable", "25%"))


def _recreates(deployment: Manifest) -> bool:
    return bool(manifests.get(deployment, "spec", "strategy", "type") == "Recreate")


def _waits_for_old_to_go(deployment: Manifest, olds: list[Manifest]) -> bool:
    """Whether the strategy is Recreate and Pods of old templates are still there."""
    return _recreates(deployment) and any(_size(old) or manifests.get(old, "status", "replicas") for old in olds)


def _replica_set(deployment: Manifest, name: str, revision: int, size: int) -> Manifest:
    template = templates.template_of(deployment)
    mark = {templates.HASH_LABEL: name.rpartition("-")[2]}
    labels = {**manifests.labels(template), **mark}
    selector = manifests.get(deployment, "spec", "selector", default={})
    spec = {
        "replicas": size,
        "selector": {**selector, "matchLabels": {**selector.get("matchLabels", {}), **mark}},
        "template": {**template, "metadata": {**manifests.metadata(template), "labels": labels}},
    }
    if manifests.get(deployment, "spec", "minReadySeconds"):
        spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
    metadata = {
        "name": name,
        "namespace": manifests.namespace(deployment),
        "labels": labels,
        "annotations": {**_copied(deployment), REVISION: str(revision), **_sizes(deployment)},
        "ownerReferences": [templates.owner_reference(deployment)],
    }
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}


def _sizes(deployment: Manifest) -> dict[str, str]:
    """What a ReplicaSet is told of the Deployment's size, for the day it is scaled in the middle of a rollout."""
    surge = 0 if _recreates(deployment) else _limits(deployment).surge
    return {DESIRED: str(_desired(deployment)), MAXIMUM: str(_desired(deployment) + surge)}


def _renumber(deployment: Manifest, current: Manifest, olds: list[Manifest]) -> list[Write]:
    """A ReplicaSet that comes back (a rollback) gets the next revision; the Deployment carries its number.

    The current ReplicaSet follows the Deployment's annotations and size, so that a rollback finds them again.
    """
    revision = max(_revision(current), max(map(_revision, olds), default=0) + 1)
    mark = {REVISION: str(revision)}
    wanted = ((current, {**_copied(deployment), **_sizes(deployment), **mark}), (deployment, mark))
    return [
        Patch(one, {"metadata": {"annotations": annotations}})
        for one, annotations in wanted
        if not annotations.items() <= manifests.annotations(one).items()
    ]


def _copied(deployment: Manifest) -> dict[str, str]:
    """The annotations that a Deployment shares with its ReplicaSet, `kubernetes.io/change-cause` among them."""
    return {key: value for key, value in manifests.annotations(deployment).items() if key not in _NOT_COPIED}


def _rescale(deployment: Manifest, current: Manifest, olds: list[Manifest]) -> list[Write]:
    desired, shares = _desired(deployment), [_share(old) for old in olds]
    if manifests.get(deployment, "spec", "paused") and any(share.wanted for share in shares):
        return []
    if _recreates(deployment):
        waits = _waits_for_old_to_go(deployment, olds)
        return [*_scale_all(olds, 0), *([] if waits else _scale(current, desired))]
    if not any(share.wanted for share in shares):
        return _scale(current, desired)
    limit = _limits(deployment)
    writes = _scale(current, rollout.new_size(desired, _share(current), shares, limit))
    for old, size in zip(olds, rollout.old_sizes(desired, _share(current), shares, limit), strict=True):
        writes += _scale(old, size)
    return writes


def _scale(replica_set: Manifest, size: int) -> list[Write]:
    return [] if _size(replica_set) == size else [Patch(replica_set, {"spec": {"replicas": size}})]


def _scale_all(replica_sets: list[Manifest], size: int) -> list[Write]:
    return [write for one in replica_sets for write in _scale(one, size)]


def _forget(deployment: Manifest, current: Manifest, olds: list[Manifest]) -> list[Write]:
    """Delete the oldest empty ReplicaSets beyond revisionHistoryLimit."""
    if not _is_complete(deployment, current, olds):
        return []
    limit = int(manifests.get(deployment, "spec", "revisionHistoryLimit", default=10))
    empty = [old for old in olds if not _size(old) and not manifests.get(old, "status", "replicas")]
    return [Delete(old) for old in empty[: max(0, len(olds) - limit)]]


def _count(replica_sets: list[Manifest], field: str) -> int:
    return sum(int(manifests.get(one, "status", field, default=0)) for one in replica_sets)


def _is_complete(deployment: Manifest, current: Manifest | None, olds: list[Manifest]) -> bool:
    news = [] if current is None else [current]
    desired = _desired(deployment)
    return (
        current is not None
        and _count(news, "replicas") == _count(news, "availableReplicas") == desired
        and _count(olds, "replicas") == 0
    )


def _status(deployment: Manifest, current: Manifest | None, olds: list[Manifest], context: Context) -> Plan:
    news = [] if current is None else [current]
    everyone = [*olds, *news]
    desired, available = _desired(deployment), _count(everyone, "availableReplicas")
    counts = {
        "replicas": _count(everyone, "replicas"),
        "updatedReplicas": _count(news, "replicas"),
        "readyReplicas": _count(everyone, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, desired - available),
    }
    progress = _progressing(deployment, current, olds, counts, context)
    enough = available >= desired - (0 if _recreates(deployment) else _limits(deployment).unavailable)
    reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
    message = f"Deployment {'has' if enough else 'does not have'} minimum availability."
    wanted = [conditions.condition("Available", enough, reason, message), progress.condition]
    old = manifests.get(deployment, "status", "conditions")
    status = {"observedGeneration": manifests.metadata(deployment).get("generation", 1)}
    status |= {name: count for name, count in counts.items() if count}
    collisions = manifests.get(deployment, "status", "collisionCount")
    if collisions is not None:
        status["collisionCount"] = collisions
    status["conditions"] = _timed(old, wanted, context.time, has_progressed=progress.is_fresh)
    return Plan(plan.status(deployment, status), progress.again_after_seconds)


class Progress(NamedTuple):
    """The Progressing condition; `is_fresh` when something moved, which starts the deadline anew."""

    condition: dict[str, Any]
    is_fresh: bool = False
    again_after_seconds: float | None = None


def _timed(old: Any, wanted: list[dict[str, Any]], time: str, *, has_progressed: bool) -> list[dict[str, Any]]:
    """Conditions of a Deployment also say when anything in them changed."""
    before = conditions.by_type(old)
    result = []
    for one in conditions.merged(old, wanted, time):
        was = before.get(one["type"], {})
        same = all(was.get(field) == one.get(field) for field in ("status", "reason", "message"))
        is_moved = has_progressed and one["type"] == "Progressing"
        result.append({**one, "lastUpdateTime": was.get("lastUpdateTime", time) if same and not is_moved else time})
    return result


def _progressing(
    deployment: Manifest, current: Manifest | None, olds: list[Manifest], counts: dict[str, int], context: Context
) -> Progress:
    """Complete, going on, or over its deadline."""
    status = manifests.get(deployment, "status", default={})
    was = conditions.by_type(status.get("conditions")).get("Progressing", {})
    name = manifests.name(current) if current else manifests.name(deployment)
    if _is_complete(deployment, current, olds):
        message = f'ReplicaSet "{name}" has successfully progressed.'
        return Progress(conditions.condition("Progressing", True, "NewReplicaSetAvailable", message))
    message, late = f'ReplicaSet "{name}" is progressing.', f'ReplicaSet "{name}" has timed out progressing.'
    going = conditions.condition("Progressing", True, "ReplicaSetUpdated", message)
    deadline_seconds = float(manifests.get(deployment, "spec", "progressDeadlineSeconds", default=600))
    fields = ("updatedReplicas", "readyReplicas", "availableReplicas")
    if was.get("message") not in (message, late) or any(counts[one] > int(status.get(one, 0)) for one in fields):
        return Progress(going, True, deadline_seconds)
    left = deadline_seconds - context.since_seconds(str(was.get("lastUpdateTime") or ""))
    if was.get("reason") == "ProgressDeadlineExceeded" or left <= 0:
        return Progress(conditions.condition("Progressing", False, "ProgressDeadlineExceeded", late))
    return Progress(going, False, left)
