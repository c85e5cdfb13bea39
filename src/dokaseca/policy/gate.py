"""May this sync run? Every object is held against the project before anything is touched. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dokaseca.model import manifest as manifests
from dokaseca.model.change import ChangeSet
from dokaseca.model.identity import ObjectKey
from dokaseca.model.manifest import Manifest
from dokaseca.policy import project as projects
from dokaseca.policy.decision import ALLOWED, Decision


@dataclass(frozen=True, slots=True)
class Place:
    """The cluster that objects go to.

    Attributes:
        namespaced: whether a (group, kind) is namespaced, where the cluster serves it; for others the object's own
            namespace tells.
    """

    server: str
    name: str
    namespaced: Mapping[tuple[str, str], bool]


def allow(changes: ChangeSet, project: Manifest, place: Place) -> Decision:
    """The first object that the project forbids denies the sync: those to apply, hooks, and those to prune alike."""
    names_count = _names_objects(project)
    allowed: set[tuple[str, ...]] = set()  # a project speaks of kinds and namespaces: thousands of objects ask alike
    for change in changes.changes:
        key = change.key
        question = (key.group, key.kind, key.namespace, key.name if names_count else "")
        if question in allowed:
            continue
        decision = permits(key, project, place)
        if not decision.allowed:
            return decision
        allowed.add(question)
    return ALLOWED


def _names_objects(project: Manifest) -> bool:
    """Whether an entry of the project's lists of kinds names single objects."""
    lists = (f"{scope}Resource{colour}list" for scope in ("cluster", "namespace") for colour in ("White", "Black"))
    entries = (entry for one in lists for entry in manifests.get(project, "spec", one, default=[]))
    return any(isinstance(entry, dict) and entry.get("name") for entry in entries)


def permits(key: ObjectKey, project: Manifest, place: Place) -> Decision:
    """Whether the project may hold this object: its kind, and for namespaced ones its namespace (Argo CD: C1).

    An Application's own destination says where objects go that name no namespace; one that names another must be
    allowed there too.
    """
    is_namespaced = place.namespaced.get((key.group, key.kind), bool(key.namespace))
    decision = projects.permits_kind(project, key.group, key.kind, namespaced=is_namespaced, name=key.name)
    if not decision.allowed or not is_namespaced:
        return decision
    decision = projects.permits_destination(project, place.server, place.name, key.namespace)
    if decision.allowed:
        return decision
    return Decision(
        False,
        f"{key}: namespace {key.namespace!r} of cluster {place.name!r} is not permitted in project "
        f"{manifests.name(project)!r}; add it to spec.destinations of the AppProject, or move the object",
    )
