"""Objects, changes and a cluster for the tests of the sync room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.fakes.cluster import FakeCluster

from dokaseca.flow.health import assess
from dokaseca.flow.sync import execute, plan
from dokaseca.model import manifest as manifests
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.errors import DokaSecaError
from dokaseca.model.identity import GroupVersionKind, ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import OperationPhase, SyncPlan, SyncReport, SyncRequest

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
WAVE = "argocd.argoproj.io/sync-wave"
HOOK = "argocd.argoproj.io/hook"
POLICY = "argocd.argoproj.io/hook-delete-policy"
API_VERSIONS = {
    **dict.fromkeys(("Deployment", "StatefulSet"), "apps/v1"),
    **dict.fromkeys(("Job", "CronJob"), "batch/v1"),
    "Widget": "example.com/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
}
CLUSTER_SCOPED = ("Namespace", "CustomResourceDefinition", "ClusterRole")
START = SyncReport(OperationPhase.RUNNING, "")


def one(kind: str, name: str, annotations: Mapping[str, str] | None = None, **fields: Any) -> Manifest:
    """An object in namespace `n`, or in none where its kind has none."""
    metadata: dict[str, Any] = {"name": name} if kind in CLUSTER_SCOPED else {"name": name, "namespace": "n"}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": API_VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, **fields}


def change(target: Manifest | None, live: Manifest | None = None, *, synced: bool = False) -> Change:
    """How one object stands."""
    key = manifests.key(target or live or {})
    status = SyncStatus.SYNCED if synced else SyncStatus.OUT_OF_SYNC
    return Change(key, "v1", target, live, status, requires_pruning=target is None)


def planned(*changes: Change, **request: Any) -> SyncPlan:
    """The plan of these changes; options as a list."""
    request["options"] = frozenset(request.get("options", ()))
    return plan.plan(ChangeSet(changes), SyncRequest(**request))


class Room:
    """A cluster that refuses what it is told to, and the calls that move a sync on.

    Attributes:
        refused: the error that an apply, create, update or delete of an object name raises.
    """

    def __init__(self) -> None:
        kinds = [
            *("Namespace", "ConfigMap", "Secret", "Service", "Pod", "Deployment", "StatefulSet", "Job", "Widget"),
            *("CustomResourceDefinition", "ClusterRole", "PersistentVolumeClaim"),
        ]
        gvks = [manifests.gvk(one(kind, "x")) for kind in kinds]
        self.refused: dict[str, DokaSecaError] = {}
        self.cluster = _Refusing(gvks, self.refused)
        self.report = START

    async def store(self, *given: Manifest) -> list[Manifest]:
        """Objects that are there before the sync; the writes that put them there are forgotten."""
        made = [await self.cluster.create(manifest) for manifest in given]
        self.cluster.writes.clear()
        return made

    async def step(self, tasks: SyncPlan) -> SyncReport:
        """One call; the report is kept for the next."""
        doors = execute.Doors(
            self.cluster, self.cluster.objects.get, assess.assess, lambda: datetime(2026, 1, 1, tzinfo=UTC)
        )
        self.report = await execute.step(tasks, self.report, doors)
        return self.report

    def set_status(self, kind: str, name: str, **status: Any) -> None:
        """What a controller would write."""
        key = manifests.key(one(kind, name))
        self.cluster.objects[key] = {**self.cluster.objects[key], "status": status}

    def complete(self, name: str, *, failed: bool = False) -> None:
        """End a Job."""
        kind = "Failed" if failed else "Complete"
        self.set_status("Job", name, conditions=[{"type": kind, "status": "True", "message": f"{name} is over"}])

    def vanish(self, kind: str, name: str) -> None:
        """What a garbage collector would do."""
        del self.cluster.objects[manifests.key(one(kind, name))]

    @property
    def writes(self) -> list[str]:
        return [f"{verb} {kind}/{name}" for verb, kind, name in self.cluster.writes]

    @property
    def codes(self) -> dict[str, str]:
        return {result.key.name: result.code.value for result in self.report.results}


class _Refusing(FakeCluster):
    """Also: dry runs change nothing, and deletion in the foreground waits for a garbage collector."""

    def __init__(self, kinds: list[GroupVersionKind], refused: dict[str, DokaSecaError]) -> None:
        super().__init__(kinds)
        self.refused = refused
        self.propagations: list[str] = []
        self.held: set[str] = set()  # names that a finalizer keeps

    async def apply(self, manifest: Manifest, **options: Any) -> Manifest:
        self._check(manifest)
        return manifest if options.get("dry_run") else await super().apply(manifest, **options)

    async def create(self, manifest: Manifest, **options: Any) -> Manifest:
        self._check(manifest)
        return manifest if options.get("dry_run") else await super().create(manifest, **options)

    async def update(self, manifest: Manifest, **options: Any) -> Manifest:
        self._check(manifest)
        return manifest if options.get("dry_run") else await super().update(manifest, **options)

    async def delete(self, gvk: GroupVersionKind, namespace: str, name: str, **options: Any) -> None:
        self._check({"metadata": {"name": name}})
        self.propagations.append(options["propagation"])
        key = ObjectKey(gvk.group, gvk.kind, namespace, name)
        if name in self.held and key in self.objects:
            live = self.objects[key]
            metadata = {**live["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
            self.objects[key] = {**live, "metadata": metadata}
            return
        await super().delete(gvk, namespace, name, **options)

    def _check(self, manifest: Manifest) -> None:
        error = self.refused.get(manifests.name(manifest))
        if error is not None:
            raise error


def with_origin(tasks: SyncPlan, origin: str) -> SyncPlan:
    """The plan with every target from one file."""
    return replace(tasks, tasks=tuple(replace(task, origin=origin) for task in tasks.tasks))
