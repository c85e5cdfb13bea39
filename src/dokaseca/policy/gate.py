"""May this sync run? Every object is held against the project before anything is touched. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from dokaseca.model.change import ChangeSet
from dokaseca.model.manifest import Manifest
from dokaseca.policy import project as projects
from dokaseca.policy.decision import ALLOWED, Decision


def allow(changes: ChangeSet, project: Manifest, namespaced: Mapping[tuple[str, str], bool]) -> Decision:
    """The first object that the project forbids denies the sync.

    Args:
        namespaced: whether a (group, kind) is namespaced, where the cluster serves it; for others the object's own
            namespace tells.
    """
    for change in changes.changes:
        key = change.key
        scope = namespaced.get((key.group, key.kind), bool(key.namespace))
        decision = projects.permits_kind(project, key.group, key.kind, namespaced=scope, name=key.name)
        if not decision.allowed:
            return decision
    return ALLOWED
