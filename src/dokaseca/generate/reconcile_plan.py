"""What to create, update and delete so that the Applications are what an ApplicationSet generates; all as data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from dokaseca.generate import application_spec, ignore_differences
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.destinations import Destinations
from dokaseca.kit import json_merge
from dokaseca.model import application_set as application_sets
from dokaseca.model import manifest as manifests
from dokaseca.model.application_set import View
from dokaseca.model.manifest import Manifest

_KEPT_ANNOTATIONS = frozenset(
    ("notified.notifications.argoproj.io", "argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate")
)
_KEPT_FINALIZERS = ("pre-delete-finalizer.argocd.argoproj.io", "post-delete-finalizer.argocd.argoproj.io")
_NAME_LENGTH = 253


# By name: a generated Application and the live one that needs no update for it. Both are the very objects, kept alive,
# so that `is` tells; whoever changes an object makes another.
Settled: TypeAlias = dict[str, tuple[Manifest, Manifest]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What generated Applications must fit.

    Attributes:
        projects: names of the AppProjects in the ApplicationSet's namespace.
        clusters: registered clusters; the local one needs no Secret.
    """

    projects: Collection[str]
    clusters: Sequence[ClusterSecret]


@dataclass(frozen=True, slots=True)
class Update:
    """One Application to change: `patch` is a JSON merge patch from the live object to `application`."""

    application: Manifest
    patch: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invalid:
    """One generated Application that must not be written; `message` says why."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class ReconcilePlan:
    """Everything that one reconcile would do, in the order of generation.

    Attributes:
        create: Applications with owner references, ready to be created.
        update: changes to existing ones.
        delete: children that are no longer generated; without their finalizer where `strip_finalizer` names them.
        invalid: generated but not to be written; existing children of these names stay.
        strip_finalizer: names in `delete` whose destination is gone, so that their cascade could never end.
        unchanged: names that are as generated.
    """

    create: tuple[Manifest, ...] = ()
    update: tuple[Update, ...] = ()
    delete: tuple[Manifest, ...] = ()
    invalid: tuple[Invalid, ...] = ()
    strip_finalizer: frozenset[str] = frozenset()
    unchanged: tuple[str, ...] = ()


def plan(
    view: View,
    generated: Sequence[Manifest],
    existing: Iterable[Manifest],
    around: Surroundings,
    settled: Settled | None = None,
) -> ReconcilePlan:
    """The plan for a generation that succeeded; after one that failed there is none.

    Args:
        view: the ApplicationSet.
        generated: its Applications, names may repeat.
        existing: its children, and every Application of its namespace that has the name of a generated one.
        around: projects and clusters.
        settled: the pairs that need no comparing, those of the last plan with this view; replaced by those of this one.

    Raises:
        UserError: an ignoreApplicationDifferences rule does not parse.
    """
    equal: Settled = {}
    known = settled or {}
    by_name = {manifests.name(application): application for application in existing}
    destinations = Destinations(around.clusters)
    valid, invalid = _validated(view, generated, by_name, around.projects, destinations)
    create: list[Manifest] = []
    update: list[Update] = []
    unchanged: list[str] = []
    for application in valid:
        name = manifests.name(application)
        live = by_name.get(name)
        if live is None:
            create.append(_owned(view, application))
            continue
        pair = known.get(name)
        is_known = pair is not None and pair[0] is application and pair[1] is live
        change = update_or_none(view, application, live) if view.policy.may_update and not is_known else None
        if change is None:
            unchanged.append(name)
            equal[name] = (application, live)
        else:
            update.append(change)
    if settled is not None:
        settled.clear()
        settled.update(equal)
    delete = _deletions(view, generated, by_name.values())
    return ReconcilePlan(
        tuple(create),
        tuple(update),
        tuple(delete),
        tuple(invalid),
        frozenset(manifests.name(gone) for gone in delete if destinations.problem(gone)),
        tuple(unchanged),
    )


def children(application_set: Manifest, existing: Iterable[Manifest]) -> list[Manifest]:
    """The Applications whose controller is this ApplicationSet, sorted by name."""
    owned = [application for application in existing if is_owned_by(application_set, application)]
    return sorted(owned, key=manifests.name)


def is_owned_by(application_set: Manifest, application: Manifest) -> bool:
    """Whether the controller owner reference names this ApplicationSet."""
    owner = controller_or_none(application)
    if owner is None or owner.get("kind") != "ApplicationSet":
        return False
    uid = manifests.uid(application_set)
    return owner.get("uid") == uid if uid else owner.get("name") == manifests.name(application_set)


def controller_or_none(application: Manifest) -> dict[str, Any] | None:
    """The owner reference that says `controller: true`."""
    references = manifests.metadata(application).get("ownerReferences") or []
    return next((each for each in references if isinstance(each, dict) and each.get("controller")), None)


def owner_reference(view: View) -> dict[str, Any]:
    """The reference that makes an Application go with its ApplicationSet."""
    return {
        "apiVersion": application_sets.GVK.api_version,
        "kind": application_sets.GVK.kind,
        "name": view.name,
        "uid": manifests.uid(view.manifest),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _owned(view: View, application: Manifest) -> Manifest:
    metadata = {**application["metadata"], "ownerReferences": [owner_reference(view)]}
    return {**application, "metadata": metadata}


# --- validation -------------------------------------------------------------------------------------------------------


def _validated(
    view: View,
    generated: Sequence[Manifest],
    by_name: Mapping[str, Manifest],
    projects: Collection[str],
    destinations: Destinations,
) -> tuple[list[Manifest], list[Invalid]]:
    valid: list[Manifest] = []
    invalid: list[Invalid] = []
    seen: set[str] = set()
    for application in generated:
        name = manifests.name(application)
        problem = _name_problem(view, name, seen) or _problem(
            view, application, by_name.get(name), projects, destinations
        )
        seen.add(name)
        if problem:
            invalid.append(Invalid(name, problem))
        else:
            valid.append(application)
    return valid, invalid


def _name_problem(view: View, name: str, seen: Collection[str]) -> str:
    """Why nothing can have this name; empty when something can."""
    if not name:
        return f"ApplicationSet {view.name} contains an application with no name, generateName is not supported"
    if len(name) > _NAME_LENGTH:
        return f"application name {name[:60]}... is longer than {_NAME_LENGTH} characters"
    if name in seen:
        return f"ApplicationSet {view.name} contains applications with duplicate name: {name}"
    return ""


def _problem(
    view: View, application: Manifest, live: Manifest | None, projects: Collection[str], destinations: Destinations
) -> str:
    """Why the Application must not be written; empty when it may."""
    spec = application.get("spec") or {}
    project = spec.get("project") or "default"
    if project not in projects:
        return f"application references project {project} which does not exist"
    problem = destinations.problem(application)
    if problem:
        return problem
    return owner_problem(view.manifest, live) if live else ""


def owner_problem(application_set: Manifest, live: Manifest) -> str:
    """Why an existing Application is not this ApplicationSet's to change; empty when it may take it."""
    owner = controller_or_none(live)
    if owner is None or is_owned_by(application_set, live):
        return ""
    return f"application {manifests.name(live)} is already owned by {owner.get('kind')} {owner.get('name')}"


# --- changes ----------------------------------------------------------------------------------------------------------


def update_or_none(view: View, desired: Manifest, live: Manifest) -> Update | None:
    """The change that makes `live` what was generated; None when only ignored or preserved things differ.

    Raises:
        UserError: an ignoreApplicationDifferences rule does not parse.
    """
    target = _target(view, desired, live)
    target = ignore_differences.restored(target, live, view.ignore_rules)
    if _compared(target) == _compared(live) and controller_or_none(live) is not None:
        return None
    patch = json_merge.between(_written(live), _written(target))
    return Update(target, patch) if patch else None


def spec_differs(view: View, desired: Manifest, live: Manifest) -> bool:
    """Whether an update would change the spec; False where the policy allows none.

    Raises:
        UserError: an ignoreApplicationDifferences rule does not parse.
    """
    if not view.policy.may_update:
        return False
    wanted = ignore_differences.restored({**live, "spec": desired.get("spec") or {}}, live, view.ignore_rules)
    return application_spec.normalized(wanted["spec"]) != application_spec.normalized(live.get("spec") or {})


def _target(view: View, desired: Manifest, live: Manifest) -> Manifest:
    """`live` with generated spec, labels, annotations and finalizers; preserved ones stay."""
    kept_annotations = _KEPT_ANNOTATIONS | view.preserved_annotations
    metadata = dict(manifests.metadata(live))
    annotations = _with_kept(manifests.annotations(desired), manifests.annotations(live), kept_annotations)
    labels = _with_kept(manifests.labels(desired), manifests.labels(live), view.preserved_labels)
    finalizers = list(manifests.metadata(desired).get("finalizers") or [])
    finalizers += [
        each
        for each in metadata.get("finalizers") or []
        if each.startswith(_KEPT_FINALIZERS) and each not in finalizers
    ]
    for name, value in (("annotations", annotations), ("labels", labels), ("finalizers", finalizers)):
        metadata.pop(name, None)
        if value:
            metadata[name] = value
    if controller_or_none(live) is None:
        metadata["ownerReferences"] = [*(metadata.get("ownerReferences") or []), owner_reference(view)]
    target = {**live, "metadata": metadata, "spec": desired.get("spec") or {}}
    if desired.get("operation"):
        target["operation"] = desired["operation"]
    return target


def _with_kept(desired: Mapping[str, str], live: Mapping[str, str], kept: Collection[str]) -> dict[str, str]:
    return {**desired, **{name: value for name, value in live.items() if name in kept}}


def _compared(application: Manifest) -> tuple[Any, ...]:
    metadata = manifests.metadata(application)
    return (
        application_spec.normalized(application.get("spec") or {}),
        manifests.labels(application),
        manifests.annotations(application),
        metadata.get("finalizers") or [],
        application.get("operation"),
    )


def _written(application: Manifest) -> dict[str, Any]:
    """The parts that an update may write."""
    metadata = manifests.metadata(application)
    fields = ("annotations", "labels", "finalizers", "ownerReferences")
    part: dict[str, Any] = {"metadata": {name: metadata[name] for name in fields if metadata.get(name)}}
    part["spec"] = application.get("spec") or {}
    if application.get("operation"):
        part["operation"] = application["operation"]
    return part


def _deletions(view: View, generated: Sequence[Manifest], existing: Iterable[Manifest]) -> list[Manifest]:
    """Children that are not generated any more; none while names are missing or ambiguous, for then a template has lost
    what told Applications apart, and which of them are still meant cannot be known. (Argo CD deletes.)"""
    names = [manifests.name(application) for application in generated]
    wanted = set(names)
    if not view.policy.may_delete or "" in wanted or len(wanted) < len(names):
        return []
    return [
        child
        for child in children(view.manifest, existing)
        if manifests.name(child) not in wanted and not manifests.is_deleting(child)
    ]


def first_message(invalid: Sequence[Invalid]) -> str:
    """The condition's message for several validation errors: one, and how many more."""
    first = min(invalid, key=lambda each: each.name)
    more = f" (and {len(invalid) - 1} more)" if len(invalid) > 1 else ""
    return f"{first.message}{more}"
