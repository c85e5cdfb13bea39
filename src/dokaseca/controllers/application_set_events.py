"""Which changes concern which ApplicationSets. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dokaseca.generate import reconcile_plan, selectors_match
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import NamespacedName
from dokaseca.model.manifest import Manifest

_OWN_ANNOTATIONS = frozenset(
    ("notified.notifications.argoproj.io", "argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate")
)


def concerns_set(old: Manifest | None, new: Manifest | None) -> bool:
    """Whether an ApplicationSet itself changed in anything but its status."""
    if new is None:
        return False
    return old is None or _wanted(old) != _wanted(new)


def owner_or_none(application: Manifest) -> NamespacedName | None:
    """The ApplicationSet that controls an Application."""
    owner = reconcile_plan.controller_or_none(application)
    if owner is None or owner.get("kind") != application_sets.GVK.kind:
        return None
    return NamespacedName(manifests.namespace(application), str(owner.get("name") or ""))


def concerns_owner(old: Manifest | None, new: Manifest | None) -> bool:
    """Whether a child was deleted or edited: creation is the controller's own doing."""
    if new is None:
        return True
    return old is not None and _written(old) != _written(new)


def shows_in_status(old: Manifest | None, new: Manifest | None) -> bool:
    """Whether the line for a child in `status.resources` differs."""
    return old is None or new is None or _shown(old) != _shown(new)


def concerns_rollout(application_set: Manifest | None, old: Manifest | None, new: Manifest | None) -> bool:
    """Whether a child moved in a way that a RollingSync waits for."""
    if manifests.get(application_set, "spec", "strategy", "type", default="") != "RollingSync":
        return False
    return old is None or new is None or _moved(old) != _moved(new)


def woken_by_cluster(sets: Iterable[Manifest], old: Manifest | None, new: Manifest | None) -> list[NamespacedName]:
    """The ApplicationSets that a changed cluster Secret can matter to."""
    secret = new or old
    if secret is None or (old is not None and new is not None and _registered(old) == _registered(new)):
        return []
    namespace = manifests.namespace(secret)
    before = manifests.labels(old) if old is not None else None
    after = manifests.labels(new) if new is not None else None
    return [
        NamespacedName(namespace, manifests.name(each))
        for each in sets
        if manifests.namespace(each) == namespace and selectors_match.can_wake(each, before, after)
    ]


def _registered(secret: Manifest) -> tuple[Any, ...]:
    return manifests.labels(secret), manifests.annotations(secret), secret.get("data")


def _wanted(application_set: Manifest) -> tuple[Any, ...]:
    return (
        application_set.get("spec"),
        manifests.labels(application_set),
        manifests.annotations(application_set),
        manifests.is_deleting(application_set),
    )


def _written(application: Manifest) -> tuple[Any, ...]:
    annotations = manifests.annotations(application)
    return (
        application.get("spec"),
        manifests.labels(application),
        {name: value for name, value in annotations.items() if name not in _OWN_ANNOTATIONS},
        manifests.metadata(application).get("finalizers"),
        manifests.metadata(application).get("ownerReferences"),
    )


def _moved(application: Manifest) -> tuple[Any, ...]:
    state = manifests.get(application, "status", "operationState", default={})
    sync = manifests.get(application, "status", "sync", default={})
    conditions = manifests.get(application, "status", "conditions", default=[])
    return (
        sync,
        manifests.get(application, "status", "health", "status"),
        (state.get("phase"), state.get("startedAt"), state.get("operation")),
        [one.get("type") for one in conditions if isinstance(one, dict)],
    )


def _shown(application: Manifest) -> tuple[Any, ...]:
    health = manifests.get(application, "status", "health", default={})
    return manifests.get(application, "status", "sync", "status"), health.get("status"), health.get("message")
