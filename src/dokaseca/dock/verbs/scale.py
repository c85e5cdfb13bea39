"""The scale subresource: one number of an object, in a kind of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dokaseca.dock import body, status_error
from dokaseca.dock.state import ClusterState
from dokaseca.dock.tables import render
from dokaseca.dock.tables.printers import cells
from dokaseca.dock.verbs import answer, govern, incoming, patch, write
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.ports.wire import WireResponse

_BUILTIN = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}


def _paths(cluster: ClusterState, call: Call) -> dict[str, str]:
    return cluster.served.of(call.of).scale if call.of.definition else _BUILTIN


def _steps(path: str) -> list[str]:
    return [step for step in path.split(".") if step]


def document(cluster: ClusterState, call: Call, manifest: Manifest) -> Manifest:
    """The Scale of an object."""
    paths = _paths(cluster, call)
    metadata = manifests.metadata(manifest)
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    status: dict[str, Any] = {"replicas": manifests.get(manifest, *_steps(paths["statusReplicasPath"]), default=0)}
    if call.of.definition:
        selector = manifests.get(manifest, *_steps(paths.get("labelSelectorPath") or "status.selector"), default="")
    else:
        found = manifests.get(manifest, "spec", "selector", default={})
        selector = (
            cells.selector(found) if "matchLabels" in found or "matchExpressions" in found else cells.pairs(found)
        )
    if selector:
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": manifests.get(manifest, *_steps(paths["specReplicasPath"]), default=0)},
        "status": status,
    }


def handle(cluster: ClusterState, call: Call) -> WireResponse:
    """GET, PUT and PATCH of `.../scale`.

    Raises:
        StatusError: 400, 404, 409, 415, 422.
    """
    stored, manifest = write.live(cluster, call)
    current = document(cluster, call, manifest)
    method = call.request.method
    if method == "GET":
        return _shown(cluster, call, current)
    if method == "PUT":
        wanted = body.decode_object(call.request.body, call.request.headers.get("content-type", ""))
    elif method == "PATCH":
        wanted = _patched(call, current)
    else:
        raise status_error.method_not_allowed()
    wanted, warnings = govern.scaled(cluster, call, wanted, current)
    replicas = _replicas(call, wanted)
    version = manifests.resource_version(wanted)
    if version and version != manifests.resource_version(manifest):
        raise status_error.object_changed(call.of.group, call.of.plural, call.name)
    changed = incoming.fresh(manifest)
    place: dict[str, Any] = changed
    *above, last = _steps(_paths(cluster, call)["specReplicasPath"])
    for step in above:
        place = place.setdefault(step, {})
    place[last] = replicas
    written = write.replace(cluster, call, stored, manifest, changed, track=True)
    headers = answer.warning_headers(warnings)
    return _shown(cluster, call, document(cluster, call, written.manifest), headers)


def _shown(
    cluster: ClusterState, call: Call, scale: Manifest, headers: Mapping[str, str] | None = None
) -> WireResponse:
    if call.output.form != "table":
        return answer.document(scale, headers=headers)
    include, now = call.query.get("includeObject", "Metadata"), cluster.clock.now()
    version = call.output.version
    return answer.document(
        render.table(render.SCALE, [scale], version=version, include=include, now=now, with_columns=True)
    )


def _patched(call: Call, current: Manifest) -> Manifest:
    kind = patch.media_type(call)
    value = body.decode(call.request.body, patch.APPLY if kind == patch.APPLY else "application/json")
    return patch.changed(call, patch.MERGE if kind in (patch.STRATEGIC, patch.APPLY) else kind, current, value)


def _replicas(call: Call, wanted: Manifest) -> int:
    value = manifests.get(wanted, "spec", "replicas", default=0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise status_error.bad_request(
            'Scale in version "v1" cannot be handled as a Scale: spec.replicas must be an integer'
        )
    if value < 0:
        message = f"Invalid value: {value}: must be greater than or equal to 0"
        cause = status_error.Cause("FieldValueInvalid", message, "spec.replicas")
        raise status_error.invalid("autoscaling", "Scale", call.name, [cause])
    return value
