"""DELETE of one object and of collections: preconditions, finalizers, cascades."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from dokaseca.dock import body, state, status_error
from dokaseca.dock.crds import definition
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Stored
from dokaseca.dock.verbs import answer, govern, incoming, read, write
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest
from dokaseca.ports.wire import WireResponse

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_KEPT_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})
_ORPHANING = frozenset({"jobs.batch", "replicationcontrollers"})  # v1 of these keeps pods unless told otherwise
_JOB_WARNING = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning"  # noqa: E501 - the server's sentence
_POLICIES = ("Background", "Foreground", "Orphan")


@dataclass(frozen=True, slots=True)
class Options:
    """What a deletion asks for: `propagation` is Background, Foreground, Orphan or empty for the default."""

    propagation: str = ""
    uid: str = ""
    resource_version: str = ""
    is_dry_run: bool = False


def options(call: Call) -> Options:
    """The deletion's options, from the body (DeleteOptions) or else from the query.

    Raises:
        StatusError: 400, 422.
    """
    document: dict[str, Any] = {}
    if call.request.body:
        document = body.decode_object(call.request.body, call.request.headers.get("content-type", ""))
    propagation = document.get("propagationPolicy") or call.query.get("propagationPolicy", "")
    orphan = document.get("orphanDependents")
    if orphan is not None and propagation:
        why = "orphanDependents and deletionPropagation cannot be both set"
        why = f"Invalid value: {incoming.show(str(propagation))}: {why}"
        raise call.bad_option("FieldValueInvalid", why, "propagationPolicy")
    if (orphan or call.flag("orphanDependents")) and not propagation:
        propagation = "Orphan"
    if propagation and propagation not in _POLICIES:
        message = (
            f"Unsupported value: {incoming.show(str(propagation))}: "
            'supported values: "Foreground", "Background", "Orphan", "nil"'
        )
        raise call.bad_option("FieldValueNotSupported", message, "propagationPolicy")
    preconditions = document.get("preconditions") or {}
    return Options(
        propagation=str(propagation),
        uid=str(preconditions.get("uid") or ""),
        resource_version=str(preconditions.get("resourceVersion") or ""),
        is_dry_run=call.is_dry_run or document.get("dryRun") == ["All"],
    )


def _completed(call: Call, asked: Options) -> Options:
    """`asked`, with the cascade that the kind has where none was asked for."""
    if asked.propagation or call.of.table not in _ORPHANING:
        return asked
    return replace(asked, propagation="Orphan")


def delete(cluster: ClusterState, call: Call) -> WireResponse:
    """DELETE of one object: a Status when it is gone, the object while finalizers hold it.

    Raises:
        StatusError: 403, 404, 409.
    """
    asked = options(call)
    wanted = _completed(call, asked)
    stored, manifest = write.live(cluster, call)
    _check_preconditions(call, manifest, wanted)
    if call.of.table == state.NAMESPACES and call.name in _KEPT_NAMESPACES:
        raise status_error.forbidden("", state.NAMESPACES, call.name, "this namespace may not be deleted")
    said = govern.review(cluster, call, None, manifest, is_dry_run=wanted.is_dry_run)
    left = release(cluster, call.of.table, stored, wanted)
    warns = call.of.table == "jobs.batch" and not asked.propagation
    headers = answer.warning_headers([*said, *([_JOB_WARNING] if warns else [])])
    if left is not None:
        return answer.one(cluster, call, left, 202 if wanted.propagation == "Foreground" else 200, headers=headers)
    details = {"name": call.name, "group": call.of.group, "kind": call.of.plural, "uid": stored.uid}
    if not call.of.group:
        del details["group"]
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    return answer.document(status, headers=headers)


def delete_collection(cluster: ClusterState, call: Call) -> WireResponse:
    """DELETE of everything that the selectors match: the list of what it was."""
    wanted = _completed(call, options(call))
    selects = read.predicate(cluster, call)
    found = [
        stored for stored in cluster.store.scan(call.of.table, call.namespace) if selects is None or selects(stored)
    ]
    items = []
    for stored in found:
        item = orjson.loads(answer.encoded(cluster, call, stored))
        govern.review(cluster, call, None, item, is_dry_run=wanted.is_dry_run)
        items.append(item)
        release(cluster, call.of.table, stored, wanted)
    metadata = {"resourceVersion": str(cluster.store.revision)}
    head = {"kind": call.of.list_kind, "apiVersion": call.of.api_version, "metadata": metadata}
    return answer.document({**head, "items": items})


def release(cluster: ClusterState, table: str, stored: Stored, wanted: Options) -> Manifest | None:
    """Remove an object, or mark it as going while finalizers hold it.

    Returns:
        The object as it now stands, or None when it is gone.
    """
    manifest = cluster.read(stored)
    metadata = manifest["metadata"]
    before = orjson.dumps(metadata)
    _set_cascade(metadata, wanted.propagation)
    if not metadata.get("deletionTimestamp"):
        if _holds(table, manifest):
            metadata["deletionTimestamp"] = cluster.now()
            metadata["deletionGracePeriodSeconds"] = 0
            if metadata.get("generation"):
                metadata["generation"] += 1
            _mark_terminating(cluster, table, manifest)
        elif wanted.is_dry_run:
            return None
        else:
            cluster.store.remove(table, stored, manifest)
            return None
    elif write.is_released(manifest) and not wanted.is_dry_run:
        cluster.store.remove(table, stored, manifest)
        return None
    if not wanted.is_dry_run and orjson.dumps(metadata) != before:
        cluster.store.put(table, manifest)
    return manifest


def _holds(table: str, manifest: Manifest) -> bool:
    return bool(manifests.metadata(manifest).get("finalizers")) or (
        table == state.NAMESPACES and bool(manifests.get(manifest, "spec", "finalizers"))
    )


def _set_cascade(metadata: dict[str, Any], propagation: str) -> None:
    """The finalizers that make the garbage collector act on dependents before the object goes."""
    if not propagation:
        return
    finalizers = [name for name in metadata.get("finalizers") or () if name not in (FOREGROUND, ORPHAN)]
    if propagation == "Foreground":
        finalizers.append(FOREGROUND)
    elif propagation == "Orphan":
        finalizers.append(ORPHAN)
    if finalizers or "finalizers" in metadata:
        metadata["finalizers"] = finalizers


def _mark_terminating(cluster: ClusterState, table: str, manifest: Manifest) -> None:
    if table == state.NAMESPACES:
        manifest.setdefault("status", {})["phase"] = "Terminating"
    elif table == definition.TABLE:
        condition = {
            "type": "Terminating",
            "status": "True",
            "lastTransitionTime": cluster.now(),
            "reason": "InstanceDeletionInProgress",
            "message": "CustomResource deletion is in progress",
        }
        conditions = manifest.setdefault("status", {}).setdefault("conditions", [])
        conditions[:] = [found for found in conditions if found.get("type") != "Terminating"] + [condition]


def _check_preconditions(call: Call, manifest: Manifest, wanted: Options) -> None:
    of = call.of
    uid, version = manifests.uid(manifest), manifests.resource_version(manifest)
    if wanted.uid and wanted.uid != uid:
        why = f"the UID in the precondition ({wanted.uid}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"  # noqa: E501 - the server's sentence
        raise status_error.conflict(of.group, of.kind, call.name, why)
    if wanted.resource_version and wanted.resource_version != version:
        why = f"the ResourceVersion in the precondition ({wanted.resource_version}) does not match the ResourceVersion in record ({version}). The object might have been modified"  # noqa: E501 - the server's sentence
        raise status_error.conflict(of.group, of.kind, call.name, why)
