"""The order of a sync: phase, wave, kind, name. Pure (B6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupKind
from dokaseca.model.manifest import Manifest
from dokaseca.model.plan import CRD, NAMESPACE, Task, defined_kind

WAVE = "argocd.argoproj.io/sync-wave"
HELM_WEIGHT = "helm.sh/hook-weight"

KINDS = (
    *("Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget"),
    *("ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume"),
    *("PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding"),
    *("ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList", "Service", "DaemonSet", "Pod"),
    *("ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob"),
    *("IngressClass", "Ingress", "APIService"),
)
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}\Z")
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def wave(manifest: Manifest) -> int:
    """The sync wave; Helm's hook weight counts where there is none. What is not a number is 0, as in Argo CD.

    A plan refuses such a number (`problems.of_object`); of live objects nothing better is known.
    """
    annotations = manifests.annotations(manifest)
    for name in (WAVE, HELM_WEIGHT):
        text = str(annotations.get(name, ""))
        if is_wave(text):
            return int(text)
    return 0


def is_wave(text: str) -> bool:
    """Whether an annotation's value is a wave: a whole number of at most nine digits."""
    return _WHOLE.match(text) is not None


def kind_rank(kind: str) -> int:
    """The place of a kind within its wave; unknown kinds come last."""
    return _RANK.get(kind, len(KINDS))


def ordered(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """All tasks in order of execution, Namespaces and CRDs right before the first task that needs them."""
    return tuple(sorted(_hoisted(sorted(tasks, key=_place)), key=lambda task: task.step))


def _place(task: Task) -> tuple[object, ...]:
    """Within a step prunes come last: nothing goes before what replaces it stands, and nothing after a failure."""
    return (*task.step, task.is_prune, kind_rank(task.key.kind), task.key.name, task.key)


def _hoisted(line: list[Task]) -> list[Task]:
    """The line with each Namespace and CRD in the phase and wave of its first dependant when that one comes earlier."""
    first: dict[str | GroupKind, int] = {}
    for index, task in enumerate(line):
        if not task.is_prune:
            first.setdefault(task.key.namespace, index)
            first.setdefault(task.key.group_kind, index)
    before: dict[int, list[Task]] = {}
    moved: set[int] = set()
    for index, task in enumerate(line):
        place = first.get(_provided(task), index) if task.key.group_kind in (CRD, NAMESPACE) else index
        if place < index and not task.is_prune:
            needs = line[place]
            before.setdefault(place, []).append(replace(task, phase=needs.phase, wave=needs.wave))
            moved.add(index)
    return [
        one for index, task in enumerate(line) for one in (*before.get(index, ()), *(() if index in moved else (task,)))
    ]


def _provided(task: Task) -> str | GroupKind:
    """What others need of a Namespace or CRD: the namespace's name, or the kind that it defines."""
    if task.key.group_kind == NAMESPACE:
        return task.key.name
    return defined_kind(task.target or {})
