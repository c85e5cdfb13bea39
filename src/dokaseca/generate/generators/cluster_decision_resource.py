"""The clusterDecisionResource generator: clusters that another controller has chosen."""

from __future__ import annotations

from typing import Any, Final

from dokaseca.generate import label_selector
from dokaseca.generate.cluster_secret import ClusterSecret
from dokaseca.generate.generators import clusters, context, forge_fields, hub_access
from dokaseca.generate.generators.context import Context
from dokaseca.generate.templates.engine import Params
from dokaseca.generate.templates.gotemplate import values as go_values
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import NotFoundError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest

_WHERE: Final = "clusterDecisionResource"
_FIELDS: Final = ("configMapRef", "labelSelector", "name", "requeueAfterSeconds", "template", "values")
_LIST_KEY: Final = "clusters"  # Argo CD: where no statusListKey is given


async def generate(spec: dict[str, Any], around: Context) -> list[Params]:
    """One set for each decision whose cluster is registered, in the order of the resources' names and lists.

    A decision without the match key, and one for a cluster that nobody has registered, give nothing (Argo CD).

    Raises:
        UserError: a field or the ConfigMap is wrong, no resource was found, or its status is of another shape.
    """
    hub_access.hub(around, _WHERE)
    forge_fields.known(spec, _FIELDS, f"{_WHERE} generator")
    interval = hub_access.interval_seconds(spec, _WHERE, around.inputs.requeue_after_seconds)
    around.ledger.requeue(interval)
    config = await _config(spec, around)
    found = await _resources(spec, config, around)
    if not found:
        raise _invalid("no clusterDecisionResources found", reason="NoDecisionResource")
    match_key = str(config.get("matchKey") or "")
    if not match_key:
        return []
    list_key = str(config.get("statusListKey") or _LIST_KEY)
    values = _values(spec)
    by_name = {cluster.name: cluster for cluster in clusters.all_of(around)}
    decisions = [decision for resource in found for decision in _decisions(resource, list_key)]
    chosen = ((decision, by_name.get(str(decision.get(match_key) or ""))) for decision in decisions)
    is_go = around.engine.is_go
    return [_params(decision, one, values, is_go=is_go) for decision, one in chosen if one is not None]


async def _config(spec: dict[str, Any], around: Context) -> dict[str, Any]:
    name = context.text_field(spec, "configMapRef", _WHERE)
    if not name:
        raise _invalid("configMapRef is missing")
    return await hub_access.config(name, around, hub_access.hub(around, _WHERE), _WHERE)


async def _resources(spec: dict[str, Any], config: dict[str, Any], around: Context) -> list[Manifest]:
    """The resources that `name` or `labelSelector` says, sorted by name."""
    name = context.text_field(spec, "name", _WHERE)
    selector = context.mapping_field(spec, "labelSelector", _WHERE)
    if bool(name) == bool(selector):
        raise _invalid(
            "There is a problem with the definition of the ClusterDecisionResource generator: set either "
            "name or labelSelector"
        )
    wanted = label_selector.parse(selector)
    gvk = await _gvk(config, around)
    cluster = hub_access.hub(around, _WHERE).cluster
    if name:
        try:
            return [await cluster.get(gvk, around.view.namespace, name)]
        except NotFoundError:
            return []
    listed = (await cluster.list(gvk, around.view.namespace)).items
    return sorted((one for one in listed if wanted.matches(manifests.labels(one))), key=manifests.name)


async def _gvk(config: dict[str, Any], around: Context) -> GroupVersionKind:
    """The kind behind `apiVersion` and `kind`, which holds the plural name (`placementdecisions`)."""
    group, separator, version = str(config.get("apiVersion") or "").partition("/")
    plural = str(config.get("kind") or "")
    if not plural or not separator or not group:
        raise _invalid(
            "There is a problem with the apiVersion, kind or resourceName provided: the ConfigMap needs an "
            "apiVersion with a group, and the plural name as kind"
        )
    cluster = hub_access.hub(around, _WHERE).cluster
    for refresh in (False, True):  # the definition may be newer than what the client has discovered
        for one in await cluster.resources(refresh=refresh):
            if (one.group, one.version, one.plural) == (group, version, plural):
                return one.gvk
    raise _invalid(f"the hub serves no {plural} in {group}/{version}", reason="NoKindMatch")


def _decisions(resource: Manifest, list_key: str) -> list[dict[str, Any]]:
    listed = manifests.get(resource, "status", list_key, default=[])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        kind, name = resource.get("kind"), manifests.name(resource)
        raise _invalid(f"status.{list_key} of {kind} {name} must be a list of objects", reason="InvalidDecision")
    return listed


def _values(spec: dict[str, Any]) -> dict[str, str]:
    """`values`, which are not templates here."""
    values = context.mapping_field(spec, "values", _WHERE)
    wrong = [str(name) for name, text in values.items() if not isinstance(text, str)]
    if wrong:
        raise _invalid(f"values.{wrong[0]} must be a string")
    return values


def _params(decision: dict[str, Any], cluster: ClusterSecret, values: dict[str, str], *, is_go: bool) -> Params:
    found: Params = {"name": cluster.name, "server": cluster.server}
    found.update({str(key): go_values.text_of(value) for key, value in decision.items()})
    if not is_go:
        return {**found, **{f"values.{name}": text for name, text in values.items()}}
    return {**found, "values": dict(values)} if values else found


def _invalid(message: str, reason: str = "InvalidGenerator") -> UserError:
    return UserError(f"{_WHERE} generator: {message}", reason=reason)
