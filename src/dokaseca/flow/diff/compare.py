"""Targets against live objects. Pure.

Only what Git says counts: a target is compared field by field with the live object, lists paired by merge key, so that
defaults and fields of other controllers are never drift. A field that our manager applied before and Git no longer
names is drift too. (Argo CD: B4, B11, structured merge.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dokaseca.flow.diff import ignore, merge_keys, normalize, owned, quantities
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
    """The fields in which `live` is not what `target` wants, as JSON pointers, sorted."""
    rules = ignore.rules_for(target, options.ignore_differences)
    wanted, found = ignore.without(normalize.target(target), live, rules), normalize.live(live)
    found = ignore.without(found, live, rules)
    paths = set(_differences(wanted, found, "", ""))
    for path in owned.leaves(live, FIELD_MANAGER):
        if path[0] != "status" and not owned.is_set(wanted, path) and owned.is_set(found, path):
            paths.add(owned.pointer(path))
    return tuple(sorted(paths))[:PATHS_KEPT]


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
    extraneous = "IgnoreExtraneous" in [
        part.strip() for part in manifests.annotations(live).get(COMPARE_OPTIONS, "").split(",")
    ]
    counts = not extraneous and not manifests.is_deleting(live)
    return Change(key, version, None, live, SyncStatus.OUT_OF_SYNC, requires_pruning=True, counts=counts)


def _is_hook(manifest: Manifest) -> bool:
    annotations = manifests.annotations(manifest)
    return any(name in annotations and annotations[name] != "crd-install" for name in HOOK_ANNOTATIONS)


def _differences(wanted: Any, found: Any, path: str, field: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            here = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            inner = f"{field}" if field in quantities.FIELDS else name
            if name in found:
                yield from _differences(value, found[name], here, inner)
            elif not normalize.is_empty(value):
                yield here
    elif isinstance(wanted, list) and isinstance(found, list):
        yield from _list_differences(wanted, found, path, field)
    elif not _are_equal(wanted, found, field):
        yield path


def _list_differences(wanted: list[Any], found: list[Any], path: str, field: str) -> Iterator[str]:
    keys = merge_keys.pair_key_or_none(field, [*wanted, *found])
    if keys is None:
        if len(wanted) != len(found):
            yield path
            return
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(one, other, f"{path}/{index}", "")
        return
    others = {merge_keys.identity(item, keys): item for item in found}
    for item in wanted:
        identity = merge_keys.identity(item, keys)
        here = f"{path}[{','.join(identity)}]"
        if identity in others:
            yield from _differences(item, others[identity], here, "")
        else:
            yield here


def _are_equal(wanted: Any, found: Any, field: str) -> bool:
    if normalize.is_empty(wanted) and normalize.is_empty(found):
        return True
    if type(wanted) is type(found) or {type(wanted), type(found)} == {int, float}:
        if wanted == found:
            return True
    elif str(wanted) == str(found) and not isinstance(wanted, bool) and not isinstance(found, bool):
        return field in quantities.FIELDS
    return field in quantities.FIELDS and quantities.are_equal(wanted, found)
