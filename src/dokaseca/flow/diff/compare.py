"""Targets against live objects. Pure.

Only what Git says counts: a target is compared field by field with the live object, lists paired by merge key, so that
defaults and fields of other controllers are never drift. A field that our manager applied before and Git no longer
names is drift too. (Argo CD: B4, B11, structured merge.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.flow.diff import ignore, normalize, owned
from dokaseca.flow.diff.fields import Comparer
from dokaseca.model import manifest as manifests
from dokaseca.model.change import Change, ChangeSet, SyncStatus
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest

FIELD_MANAGER = "argocd-controller"
HOOK_ANNOTATIONS = ("argocd.argoproj.io/hook", "helm.sh/hook")
COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"
PATHS_KEPT = 50  # of one object: enough to see what is wrong


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """How one Application wants to be compared.

    Attributes:
        ignore_differences: `spec.ignoreDifferences` as written.
    """

    ignore_differences: tuple[Mapping[str, Any], ...] = ()


def compare(
    targets: Mapping[ObjectKey, Manifest], lives: Mapping[ObjectKey, Manifest], options: CompareOptions
) -> ChangeSet:
    """Every target and every tracked live object, sorted by key.

    Raises:
        UserError: an `ignoreDifferences` entry is wrong.
    """
    changes = [_wanted(key, target, lives.get(key), options) for key, target in targets.items()]
    changes += [_unwanted(key, live) for key, live in lives.items() if key not in targets]
    return ChangeSet(tuple(sorted(changes, key=lambda change: change.key)))


def differences(target: Manifest, live: Manifest, options: CompareOptions) -> tuple[str, ...]:
    """The fields in which `live` is not what `target` wants, as JSON pointers, sorted.

    Raises:
        UserError: an `ignoreDifferences` entry is wrong.
    """
    rules = ignore.rules_for(target, options.ignore_differences)
    wanted = _without_version(ignore.without(normalize.target(target), live, rules))
    found = ignore.without(normalize.live(live), live, rules)
    paths = set(Comparer(manifests.gvk(target).group_kind).differences(wanted, found))
    for path in owned.applied(live, FIELD_MANAGER):
        above = (owned.pointer(path[:length]) for length in range(1, len(path)))
        if not owned.is_set(wanted, path) and owned.is_set(found, path) and not paths.intersection(above):
            paths.add(owned.pointer(path))
    return tuple(sorted(paths))[:PATHS_KEPT]


def _without_version(wanted: Manifest) -> Manifest:
    """One object may be read at several versions of its group: the key has paired it already."""
    return {name: value for name, value in wanted.items() if name not in ("apiVersion", "kind")}


def _wanted(key: ObjectKey, target: Manifest, live: Manifest | None, options: CompareOptions) -> Change:
    version = manifests.gvk(target).version
    if _is_hook(target):
        return Change(key, version, target, live, SyncStatus.SYNCED, hook=True, counts=False)
    if live is None:
        return Change(key, version, target, None, SyncStatus.OUT_OF_SYNC)
    paths = differences(target, live, options)
    status = SyncStatus.OUT_OF_SYNC if paths else SyncStatus.SYNCED
    return Change(key, version, target, live, status, paths=paths)


def _unwanted(key: ObjectKey, live: Manifest) -> Change:
    version = manifests.gvk(live).version
    if _is_hook(live):
        return Change(key, version, None, live, SyncStatus.SYNCED, hook=True, counts=False)
    counts = "IgnoreExtraneous" not in _listed(live, COMPARE_OPTIONS) and not manifests.is_deleting(live)
    return Change(key, version, None, live, SyncStatus.OUT_OF_SYNC, requires_pruning=True, counts=counts)


def _is_hook(manifest: Manifest) -> bool:
    """Argo CD's annotation, or Helm's unless it only says that the object is a CRD of Helm 2."""
    own, helm = (_listed(manifest, name) for name in HOOK_ANNOTATIONS)
    return bool(own or (helm and helm != ["crd-install"]))


def _listed(manifest: Manifest, annotation: str) -> list[str]:
    text = str(manifests.annotations(manifest).get(annotation) or "")
    return [item for part in text.split(",") if (item := part.strip())]
