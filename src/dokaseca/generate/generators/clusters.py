"""The clusters generator: one parameter set for each registered cluster that a selector matches."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate import label_selector, params
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.generators import context, forge_fields
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates import slug
from dokaseca.generate.templates.engine import Params
from dokaseca.model import application_set as application_sets

_FIELDS: Final = ("flatList", "selector", "template", "values")
_LOCAL = ClusterSecret(name=application_sets.IN_CLUSTER_NAME, server=application_sets.IN_CLUSTER_SERVER)


async def generate(spec: dict[str, Any], around: Context) -> list[Params]:
    """Clusters sorted by name, the local one last.

    Two Secrets of one cluster name count once. The local cluster is there without a Secret only for an empty selector.

    Raises:
        UserError: an unknown field, a bad selector, or a value that cannot be rendered.
    """
    forge_fields.known(spec, _FIELDS, "clusters generator")
    values = context.mapping_field(spec, "values", "clusters")
    is_flat = forge_fields.flag(spec, "flatList", "clusters")
    found: list[Params] = []
    clusters = selected(spec, around)
    with_values = params.adder(values if clusters else None, around.engine)
    for cluster in clusters:
        found.append(with_values(_params(cluster, is_go=around.engine.is_go)))
        await around.ledger.breathe()
    return [{"clusters": found}] if is_flat else found


def selected(spec: dict[str, Any], around: Context) -> list[ClusterSecret]:
    """The clusters that `spec.selector` matches, in order."""
    selector = label_selector.parse(spec.get("selector"))
    matching = {cluster.name: cluster for cluster in around.inputs.clusters if selector.matches(cluster.labels)}
    clusters = [matching[name] for name in sorted(matching)]
    if not selector.requirements and all(cluster.server != _LOCAL.server for cluster in clusters):
        clusters.append(_LOCAL)
    return clusters


def all_of(around: Context) -> list[ClusterSecret]:
    """Every cluster that can be a destination, the local one even without a Secret."""
    registered = list(around.inputs.clusters)
    return registered if any(one.server == _LOCAL.server for one in registered) else [*registered, _LOCAL]


def _params(cluster: ClusterSecret, *, is_go: bool) -> Params:
    """The cluster's own parameters; they are many, and made once."""
    known = cluster.params.get(is_go)
    if known is None:
        known = cluster.params[is_go] = _of_cluster(cluster, is_go=is_go)
    return known


def _of_cluster(cluster: ClusterSecret, *, is_go: bool) -> Params:
    found: Params = {
        "name": cluster.name,
        "nameNormalized": slug.normalize(cluster.name),
        "server": cluster.server,
        "project": cluster.project,
    }
    if not is_go:
        found.update({f"metadata.annotations.{key}": value for key, value in cluster.annotations.items()})
        found.update({f"metadata.labels.{key}": value for key, value in cluster.labels.items()})
        return found
    metadata = {}
    if cluster.annotations:
        metadata["annotations"] = cluster.annotations
    if cluster.labels:
        metadata["labels"] = cluster.labels
    if metadata:
        found["metadata"] = metadata
    return found
