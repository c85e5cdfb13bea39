"""One task carried out: how an object is applied, replaced, recreated or removed."""

from __future__ import annotations

import base64
import functools
from collections.abc import Awaitable, Callable

from dokaseca.flow.sync import hooks, migration, options
from dokaseca.flow.sync import prune as prunes
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, DokaSecaError, NotFoundError
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import ResultCode, SyncRequest, Task, TaskResult
from dokaseca.ports.cluster import Cluster, FieldValidation, Propagation

FIELD_MANAGER = "argocd-controller"


async def apply(task: Task, request: SyncRequest, cluster: Cluster) -> TaskResult | None:
    """Bring the target into the cluster.

    Returns:
        None while an object of the same name must vanish first; call again.

    Raises:
        DokaSecaError: the cluster refused it.
    """
    target = _folded(task.target or {})
    replaces = options.is_on(target, "Replace", request.options)
    recreates = not request.dry_run and (request.force or options.has(target, "Force=true"))
    live = task.live
    if task.is_hook or task.only_if_absent or replaces or recreates:
        live = await _read_or_none(cluster, target)
    if task.only_if_absent and live is not None:
        return _written(task, live, live)
    clears = task.is_hook and not request.dry_run and hooks.BEFORE_CREATION in hooks.delete_policies(target)
    if (clears or (replaces and recreates)) and live is not None:
        if not await _is_removed(cluster, live):
            return None
        live = None
    if recreates and live is not None and manifests.is_deleting(live):
        return None
    if replaces:
        return _written(task, live, await _replaced(target, live, cluster, request))
    if not request.dry_run and live is not None:
        await _migrate(live, request, cluster)
    apply = functools.partial(
        cluster.apply, target, field_manager=FIELD_MANAGER, force=True, validation=_validation(target, request)
    )
    try:
        made = await apply(dry_run=request.dry_run)
    except DokaSecaError as error:
        if not recreates or live is None or error.reason not in ("Invalid", "Conflict"):
            raise
        if not await _is_removed(cluster, live):
            return None
        live, made = None, await apply()
    return _written(task, live, made)


async def prune(task: Task, request: SyncRequest, cluster: Cluster) -> TaskResult:
    """Remove an object that Git no longer has, unless something keeps it.

    Raises:
        DokaSecaError: the cluster refused it.
    """
    if task.skip_reason:
        return result(task, ResultCode.PRUNE_SKIPPED, task.skip_reason)
    if request.dry_run:
        return result(task, ResultCode.PRUNED, "pruned (dry run)")
    await delete(cluster, task.live or {}, _propagation(task.live or {}, request.options))
    return result(task, ResultCode.PRUNED, "pruned")


async def delete(cluster: Cluster, manifest: Manifest, propagation: Propagation) -> None:
    """Ask for deletion; an object that has gone, or whose name another one bears by now, is left alone.

    Raises:
        DokaSecaError: the cluster refused it.
    """
    try:
        await cluster.delete(
            manifests.gvk(manifest),
            manifests.namespace(manifest),
            manifests.name(manifest),
            propagation=propagation,
            uid=manifests.uid(manifest),
        )
    except (NotFoundError, ConflictError):
        return


def result(task: Task, code: ResultCode, message: str, *, hook_phase: str = "") -> TaskResult:
    """What became of `task`."""
    version = manifests.gvk(task.target or task.live or {}).version
    return TaskResult(
        task.phase, task.key, version, code, message, task.is_hook, existed=task.live is not None, hook_phase=hook_phase
    )


async def _migrate(live: Manifest, request: SyncRequest, cluster: Cluster) -> None:
    """Take over what kubectl applied, unless `ClientSideApplyMigration=false`; who was faster wins until next time."""
    if "ClientSideApplyMigration=false" in request.options:
        return
    patch = migration.patch_or_none(live, request.migrated_manager, FIELD_MANAGER)
    if patch is None:
        return
    try:
        await cluster.patch(manifests.gvk(live), manifests.namespace(live), manifests.name(live), patch)
    except (NotFoundError, ConflictError):
        return


async def _replaced(target: Manifest, live: Manifest | None, cluster: Cluster, request: SyncRequest) -> Manifest:
    write: Callable[..., Awaitable[Manifest]] = cluster.create
    if live is not None:
        write, version = cluster.update, {"resourceVersion": manifests.resource_version(live)}
        target = {**target, "metadata": {**manifests.metadata(target), **version}}
    validation = _validation(target, request)
    return await write(target, dry_run=request.dry_run, field_manager=FIELD_MANAGER, validation=validation)


def _validation(target: Manifest, request: SyncRequest) -> FieldValidation:
    """Unknown fields are an error, as in kubectl and so in Argo CD, unless `Validate=false` says otherwise."""
    return "Ignore" if options.value(target, "Validate", request.options) == "false" else "Strict"


async def _is_removed(cluster: Cluster, live: Manifest) -> bool:
    """Delete what bears the name; whether it has gone already: finalizers may hold it."""
    if not manifests.is_deleting(live):
        await delete(cluster, live, "Background")
    return await _read_or_none(cluster, live) is None


async def _read_or_none(cluster: Cluster, manifest: Manifest) -> Manifest | None:
    try:
        return await cluster.get(manifests.gvk(manifest), manifests.namespace(manifest), manifests.name(manifest))
    except NotFoundError:
        return None


def _written(task: Task, before: Manifest | None, after: Manifest) -> TaskResult:
    version = manifests.resource_version(after)
    unchanged = before is not None and version != "" and version == manifests.resource_version(before)
    said = "created" if before is None else "unchanged" if unchanged else "configured"
    kind = str(task.key.group_kind).lower()
    return TaskResult(
        task.phase,
        task.key,
        manifests.gvk(task.target or {}).version,
        ResultCode.SYNCED,
        f"{kind}/{task.key.name} {said}",
        task.is_hook,
        existed=before is not None,
        hook_phase="Running" if task.is_hook else "",
        changed=not unchanged,
    )


def _folded(target: Manifest) -> Manifest:
    """A Secret with `stringData` written as `data`: server-side apply would not remove a key that left `stringData`."""
    plain, data = target.get("stringData"), target.get("data")
    is_secret = target.get("kind") == "Secret" and target.get("apiVersion") == "v1"
    if not is_secret or not isinstance(plain, dict) or not (data is None or isinstance(data, dict)):
        return target
    if not all(isinstance(value, str) for value in plain.values()):
        return target  # the server says best what is wrong with it
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in plain.items()}
    kept = {name: value for name, value in target.items() if name != "stringData"}
    return {**kept, "data": {**(data or {}), **encoded}}


def _propagation(live: Manifest, application: frozenset[str]) -> Propagation:
    names: dict[str, Propagation] = {"background": "Background", "orphan": "Orphan"}
    otherwise: Propagation = "Background" if prunes.is_followed_by_its_own(live) else "Foreground"
    return names.get(options.value(None, "PrunePropagationPolicy", application), otherwise)
