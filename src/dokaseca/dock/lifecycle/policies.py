"""The status of ValidatingAdmissionPolicies: which fields their expressions name that no matched kind has.

A real cluster's validatingadmissionpolicy-status controller does this, by server-side apply in that name.
"""

from __future__ import annotations

from typing import Any, Final

from dokaseca.dock.admission import policies, policies_types
from dokaseca.dock.cel.typecheck import Schema
from dokaseca.dock.data import tables
from dokaseca.dock.patching import apply
from dokaseca.dock.resources import ResourceType
from dokaseca.dock.state import ClusterState
from dokaseca.model import manifest as manifests

KIND: Final = "policy"
TABLE: Final = policies.POLICIES
MANAGER: Final = "validatingadmissionpolicy-status"
_PATH: Final = f"{policies.GROUP}/v1/validatingadmissionpolicies"
_META: Final[dict[str, Schema]] = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
}


def check(cluster: ClusterState, name: str) -> None:
    """Bring the status of one policy up to its generation.

    Raises:
        StatusError: 500, the storage refuses.
    """
    stored = cluster.store.get_or_none(TABLE, "", name)
    of = cluster.registry.at_path_or_none(_PATH)
    if stored is None or of is None:
        return
    manifest = cluster.read(stored)
    generation = manifests.metadata(manifest).get("generation") or 0
    if generation <= manifests.get(manifest, "status", "observedGeneration", default=0):
        return
    found = policies_types.warnings(
        manifest.get("spec") or {}, cluster.registry, lambda of: _schema_or_none(cluster, of)
    )
    checking: dict[str, Any] = {"expressionWarnings": found} if found else {}
    applied = {
        "apiVersion": of.api_version,
        "kind": of.kind,
        "metadata": {"name": name},
        "status": {"observedGeneration": generation, "typeChecking": checking},
    }
    changed = apply.apply(
        manifest,
        applied,
        manager=MANAGER,
        force=True,
        api_version=of.api_version,
        schema=cluster.lists(of),
        time=cluster.now(),
        subresource="status",
    )
    cluster.store.put(TABLE, changed)


def _schema_or_none(cluster: ClusterState, of: ResourceType) -> Schema | None:
    """The schema of a kind, as the server publishes it; None for one that is not structural."""
    if of.definition:
        schema = cluster.served.of(of).schema
        return {**schema, "properties": {**(schema.get("properties") or {}), **_META}} if schema else None
    name = tables.schema_names().get((of.group, of.version, of.kind))
    return tables.schemas()[name] if name else None
