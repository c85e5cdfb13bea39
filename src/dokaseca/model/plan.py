"""A sync as data: what will be done, in which order, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.application import Application
from dokaseca.model.identity import GroupKind, ObjectKey
from dokaseca.model.manifest import Manifest

DELETION_APPROVED = "argocd.argoproj.io/deletion-approved"
MIGRATED_MANAGER = "argocd.argoproj.io/client-side-apply-migration-manager"
KUBECTL = "kubectl-client-side-apply"
NAMESPACE = GroupKind("", "Namespace")
CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


class Phase(StrEnum):
    """Phases of a sync, in order; SyncFail runs only after a failure."""

    PRE_SYNC = "PreSync"
    SYNC = "Sync"
    POST_SYNC = "PostSync"
    SYNC_FAIL = "SyncFail"

    @property
    def rank(self) -> int:
        return _RANKS[self]


Place = tuple[Phase, ObjectKey]
_RANKS = {phase: rank for rank, phase in enumerate(Phase)}


class OperationPhase(StrEnum):
    """Argo CD's operation phases."""

    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERROR = "Error"


class ResultCode(StrEnum):
    """What became of one object."""

    SYNCED = "Synced"
    SYNC_FAILED = "SyncFailed"
    PRUNED = "Pruned"
    PRUNE_SKIPPED = "PruneSkipped"


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What an operation asks for (`operation.sync`), completed from the Application's sync policy.

    Attributes:
        resources: only these objects ((group, kind, namespace, name); an empty namespace matches any); empty means all.
        apply_only: strategy `apply`: hooks do not run.
        force: what the cluster refuses to change is deleted and made anew.
        approved_at: when a person approved deletions (RFC 3339, as written), empty when nobody did.
        migrated_manager: whose client-side applied fields become ours, unless `ClientSideApplyMigration=false`.
    """

    prune: bool = False
    dry_run: bool = False
    apply_only: bool = False
    force: bool = False
    options: frozenset[str] = frozenset()
    resources: tuple[tuple[str, str, str, str], ...] = ()
    destination_namespace: str = ""
    namespace_metadata: Mapping[str, Any] | None = None
    approved_at: str = ""
    migrated_manager: str = KUBECTL

    @staticmethod
    def read(sync: Mapping[str, Any], application: Application) -> SyncRequest:
        """The request in the JSON of `operation.sync`."""
        options, strategy = sync.get("syncOptions"), sync.get("syncStrategy") or {}
        annotations = manifests.annotations(application.manifest)
        return SyncRequest(
            prune=sync.get("prune") is True,
            dry_run=sync.get("dryRun") is True,
            apply_only="apply" in strategy,
            force=any(manifests.get(strategy, how, "force") is True for how in ("apply", "hook")),
            options=frozenset(options if options is not None else application.sync_options),
            resources=tuple(
                tuple(str(one.get(part) or "") for part in ("group", "kind", "namespace", "name"))  # type: ignore[misc]
                for one in sync.get("resources") or ()
            ),
            destination_namespace=application.destination.namespace,
            namespace_metadata=application.namespace_metadata,
            approved_at=str(annotations.get(DELETION_APPROVED) or ""),
            migrated_manager=str(annotations.get(MIGRATED_MANAGER) or KUBECTL),
        )


@dataclass(frozen=True, slots=True)
class Task:
    """One object to apply or prune; `target` None means prune.

    Attributes:
        skip_reason: why a prune is not carried out; empty when it is.
        needs_approval: a prune that waits until a person has approved it.
        only_if_absent: an object that is left alone where it exists.
        origin: the file that the target came from, empty when not known.
    """

    phase: Phase
    wave: int
    key: ObjectKey
    target: Manifest | None
    live: Manifest | None
    is_hook: bool = False
    skip_reason: str = ""
    needs_approval: bool = False
    only_if_absent: bool = False
    origin: str = ""

    @property
    def is_prune(self) -> bool:
        return self.target is None

    @property
    def place(self) -> Place:
        """What tells it from the other tasks of its plan."""
        return self.phase, self.key

    @property
    def step(self) -> tuple[int, int]:
        """Tasks of one step run together: (phase, wave)."""
        return self.phase.rank, self.wave


def defined_kind(definition: Manifest) -> GroupKind:
    """The kind that a CustomResourceDefinition defines."""
    group, kind = manifests.get(definition, "spec", "group"), manifests.get(definition, "spec", "names", "kind")
    return GroupKind(str(group), str(kind))


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """All tasks, in order of execution.

    Attributes:
        problems: why nothing of it may be carried out, one sentence each; empty when it may.
        is_multi_step: whether later steps must wait for the objects of earlier ones to be healthy; hooks are always
            waited for.
        kinds: of all objects.
        namespaces: those that it applies.
        defined: the kinds whose definitions it applies.
    """

    tasks: tuple[Task, ...]
    request: SyncRequest = field(default_factory=SyncRequest)
    problems: tuple[str, ...] = ()
    is_multi_step: bool = field(init=False)
    kinds: frozenset[GroupKind] = field(init=False)
    namespaces: frozenset[str] = field(init=False)
    defined: frozenset[GroupKind] = field(init=False)

    def __post_init__(self) -> None:
        """Asked for once per task: found out once per plan."""
        applied = [task for task in self.tasks if not task.is_prune]
        namespaces = (task.key.name for task in applied if task.key.group_kind == NAMESPACE)
        defined = (defined_kind(task.target or {}) for task in applied if task.key.group_kind == CRD)
        object.__setattr__(self, "namespaces", frozenset(namespaces))
        object.__setattr__(self, "defined", frozenset(defined))
        object.__setattr__(self, "is_multi_step", len({task.step for task in self.tasks}) > 1)
        object.__setattr__(self, "kinds", frozenset(task.key.group_kind for task in self.tasks))


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of one task.

    Attributes:
        version: of the object's kind.
        existed: the object was there before.
        changed: the write made a difference.
        hook_phase: `Running`, `Succeeded` or `Failed` of a hook; `Failed` also of an object that became unhealthy.
    """

    phase: Phase
    key: ObjectKey
    version: str
    code: ResultCode
    message: str = ""
    is_hook: bool = False
    existed: bool = False
    hook_phase: str = ""
    changed: bool = True

    @property
    def place(self) -> Place:
        """That of its task."""
        return self.phase, self.key

    @property
    def is_failed(self) -> bool:
        return self.code is ResultCode.SYNC_FAILED or self.hook_phase == "Failed"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How far an operation is: `results` in order, `waiting_on` what the next step needs to be healthy or gone."""

    phase: OperationPhase
    message: str
    results: tuple[TaskResult, ...] = ()
    waiting_on: tuple[ObjectKey, ...] = ()
    retry_after_seconds: float | None = None
