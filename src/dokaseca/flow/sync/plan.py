"""A ChangeSet and a request become tasks in order. Pure: nothing is touched here."""

from __future__ import annotations

from dokaseca.flow.sync import hooks, options, order, prune
from dokaseca.model import manifest as manifests
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import Phase, SyncPlan, SyncRequest, Task


def plan(changes: ChangeSet, request: SyncRequest, *, revision: str = "", started_at_seconds: int = 0) -> SyncPlan:
    """Every task that the request asks for, in order of execution (Argo CD: B6, B7).

    Args:
        revision: names `generateName` hooks.
        started_at_seconds: the same, so that a resumed operation finds its own hooks again.
    """
    tasks: list[Task] = []
    for change in changes.changes:
        if change.target is not None and hooks.is_hook(change.target):
            tasks += _hook_tasks(change, request, revision, started_at_seconds)
        elif _is_selected(change.key, request):
            task = _task_or_none(change, request)
            if task is not None:
                tasks.append(task)
    if "CreateNamespace=true" in request.options and request.destination_namespace:
        tasks += _namespace_tasks(tasks, request)
    mirrored = prune.mirrored(tasks, last="PruneLast=true" in request.options)
    return SyncPlan(order.ordered(mirrored), request)


def _task_or_none(change: Change, request: SyncRequest) -> Task | None:
    if change.target is None:
        if change.live is None or not change.requires_pruning:
            return None
        reason = prune.skip_reason(change.live, is_requested=request.prune, application=request.options)
        return Task(Phase.SYNC, order.wave(change.live), change.key, None, change.live, skip_reason=reason)
    only_drifted = options.is_on(change.target, "ApplyOutOfSyncOnly", request.options)
    if only_drifted and change.status is SyncStatus.SYNCED:
        return None
    return Task(Phase.SYNC, order.wave(change.target), change.key, change.target, change.live)


def _hook_tasks(change: Change, request: SyncRequest, revision: str, started_at_seconds: int) -> list[Task]:
    if request.apply_only or request.resources or change.target is None:
        return []
    wave = order.wave(change.target)
    found = []
    for phase in hooks.phases(change.target):
        named = hooks.named(change.target, phase, revision, started_at_seconds)
        key = change.key._replace(name=manifests.name(named))
        found.append(Task(phase, wave, key, named, change.live, is_hook=True))
    return found


def _is_selected(key: ObjectKey, request: SyncRequest) -> bool:
    return not request.resources or any(
        (group, kind, name) == (key.group, key.kind, key.name) and namespace in ("", key.namespace)
        for group, kind, namespace, name in request.resources
    )


def _namespace_tasks(tasks: list[Task], request: SyncRequest) -> list[Task]:
    """The destination namespace, unless the Application brings it; it carries no tracking, so it is never pruned."""
    name = request.destination_namespace
    key = ObjectKey("", "Namespace", "", name)
    if not any(not task.is_prune for task in tasks) or any(task.key == key for task in tasks):
        return []
    first = min((task for task in tasks if not task.is_prune), key=lambda task: task.step)
    metadata: Manifest = {"name": name}
    for part in ("labels", "annotations"):
        value = (request.namespace_metadata or {}).get(part)
        if value:
            metadata[part] = dict(value)
    target = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    return [Task(first.phase, first.wave, key, target, None)]
