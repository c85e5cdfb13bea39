"""A ChangeSet and a request become tasks in order. Pure: nothing is touched here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from dokaseca.flow.sync import hooks, options, order, problems, prune
from dokaseca.kit import clock as clocks
from dokaseca.model import manifest as manifests
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import Phase, SyncPlan, SyncRequest, Task


def plan(
    changes: ChangeSet,
    request: SyncRequest,
    *,
    revision: str = "",
    started_at_seconds: int = 0,
    origins: Mapping[ObjectKey, str] | None = None,
) -> SyncPlan:
    """Every task that the request asks for, in order of execution (Argo CD: B6, B7).

    Args:
        revision: names `generateName` hooks.
        started_at_seconds: the same, so that a resumed operation finds its own hooks again; approvals must be newer.
        origins: the file that each target came from, for messages.
    """
    tasks: list[Task] = []
    chosen: list[Change] = []
    approved = _is_approved(request, started_at_seconds)
    selected = frozenset(request.resources)
    for change in changes.changes:
        is_hook = change.target is not None and hooks.is_hook(change.target)
        if (request.apply_only or request.resources) if is_hook else not _is_selected(change.key, selected):
            continue
        found = (
            _hook_tasks(change, revision, started_at_seconds) if is_hook else _tasks(change, request, approved=approved)
        )
        chosen.append(change)
        tasks += [replace(task, origin=(origins or {}).get(change.key, "")) for task in found]
    if "CreateNamespace=true" in request.options and request.destination_namespace:
        tasks += _namespace_tasks(tasks, request)
    mirrored = prune.mirrored(tasks, last="PruneLast=true" in request.options)
    return SyncPlan(order.ordered(mirrored), request, problems.of_plan(chosen, request, origins or {}))


def _is_approved(request: SyncRequest, started_at_seconds: int) -> bool:
    try:
        return clocks.parse_rfc3339(request.approved_at).timestamp() >= started_at_seconds
    except ValueError:
        return False


def _tasks(change: Change, request: SyncRequest, *, approved: bool) -> list[Task]:
    if change.target is None:
        if change.live is None or not change.requires_pruning:
            return []
        task = Task(Phase.SYNC, order.wave(change.live), change.key, None, change.live)
        reason = prune.skip_reason(change.live, is_requested=request.prune, application=request.options)
        waits = not reason and not approved and prune.needs_approval(change.live, request.options)
        return [replace(task, skip_reason=reason, needs_approval=waits)]
    only_drifted = options.is_on(change.target, "ApplyOutOfSyncOnly", request.options)
    if only_drifted and change.status is SyncStatus.SYNCED:
        return []
    return [Task(Phase.SYNC, order.wave(change.target), change.key, change.target, change.live)]


def _hook_tasks(change: Change, revision: str, started_at_seconds: int) -> list[Task]:
    target = change.target or {}
    wave = order.wave(target)
    found = []
    for phase in hooks.phases(target):
        named = hooks.named(target, phase, revision, started_at_seconds)
        key = change.key._replace(name=manifests.name(named))
        found.append(Task(phase, wave, key, named, change.live, is_hook=True))
    return found


def _is_selected(key: ObjectKey, selected: Collection[tuple[str, str, str, str]]) -> bool:
    """Whether the request names the object, or names none at all; an empty namespace matches any."""
    return not selected or any((key.group, key.kind, one, key.name) in selected for one in ("", key.namespace))


def _namespace_tasks(tasks: list[Task], request: SyncRequest) -> list[Task]:
    """The destination namespace, unless the Application brings it; it carries no tracking, so it is never pruned.

    Where it exists it is left alone, unless the Application manages its labels and annotations.
    """
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
    return [Task(first.phase, first.wave, key, target, None, only_if_absent=not request.namespace_metadata)]
