"""Objects that kubectl applied client-side become server-side applied ones (Argo CD: ClientSideApplyMigration).

Without it kubectl's manager would go on owning every field that it ever set, and a field that leaves Git would stay.
Pure.
"""

from __future__ import annotations

from typing import Any

from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

DEEPEST = 64  # levels of a field tree that are looked at; no kind nests as deep


def patch_or_none(live: Manifest, theirs: str, ours: str) -> Manifest | None:
    """The merge patch that hands the fields of manager `theirs` over to `ours`; None when `theirs` holds none.

    It carries the object's version: managers that changed meanwhile make it a conflict.
    """
    entries = manifests.metadata(live).get("managedFields") or []
    given = [one for one in entries if _is_from(one, theirs, "Update")]
    if not given:
        return None
    kept = [one for one in entries if one not in given and not _is_from(one, ours, "Apply")]
    applied = next((one for one in entries if _is_from(one, ours, "Apply")), {**given[0], "operation": "Apply"})
    fields = applied.get("fieldsV1") or {}
    for one in given:
        fields = _united(fields, one.get("fieldsV1") or {})
    united = {**applied, "manager": ours, "fieldsV1": fields}
    metadata = {"resourceVersion": manifests.resource_version(live), "managedFields": [*kept, united]}
    return {"metadata": metadata}


def _is_from(entry: Any, manager: str, operation: str) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("manager") == manager
        and entry.get("operation") == operation
        and not entry.get("subresource")
    )


def _united(one: dict[str, Any], other: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    if depth == DEEPEST:
        return one
    both = {name: _united(one[name], tree, depth + 1) for name, tree in other.items() if name in one}
    return {**one, **{name: tree for name, tree in other.items() if name not in one}, **both}
