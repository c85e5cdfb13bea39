"""Create and replace: from a decoded body to a stored object."""

from __future__ import annotations

from dataclasses import dataclass

from dokaseca.dock import conversion, state, status_error
from dokaseca.dock.admission import plugins
from dokaseca.dock.crds import definition
from dokaseca.dock.patching import apply
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Stored
from dokaseca.dock.verbs import admit, govern, incoming
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.manifest import Manifest

# What only the server writes: always as it was.
_SERVER_FIELDS = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
)


@dataclass(frozen=True, slots=True)
class Written:
    """The object after a write, in the version asked for; `stored` is None on a dry run."""

    manifest: Manifest
    stored: Stored | None
    warnings: tuple[str, ...] = ()
    created: bool = False
    gone: bool = False


def live_or_none(cluster: ClusterState, call: Call) -> tuple[Stored, Manifest] | None:
    """The object that the call names, as stored and as a fresh copy in the version asked for."""
    stored = cluster.store.get_or_none(call.of.table, call.namespace, call.name)
    if stored is None:
        return None
    return stored, cluster.in_version(stored, call.of)


def live(cluster: ClusterState, call: Call) -> tuple[Stored, Manifest]:
    """As `live_or_none`.

    Raises:
        StatusError: 404.
    """
    found = live_or_none(cluster, call)
    if found is None:
        raise call.not_found()
    return found


def create(cluster: ClusterState, call: Call) -> Written:
    """POST to a collection.

    Raises:
        StatusError: 400, 403 (namespace terminating), 404 (no namespace), 409 (exists), 422.
    """
    manifest = incoming.read_object(call)
    metadata = manifest["metadata"]
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = incoming.generated_name(str(metadata["generateName"]))
    if metadata.get("resourceVersion") not in (None, "", "0"):
        raise status_error.unknown("resourceVersion should not be set on objects to be created")
    return insert(cluster, call, manifest, track=True)


def insert(cluster: ClusterState, call: Call, manifest: Manifest, *, track: bool) -> Written:
    """Store a new object; `track` records the writer's fields (server-side apply has done so already)."""
    metadata = manifest["metadata"]
    name = str(metadata.get("name") or "")
    incoming.check_namespace(cluster, call, name)
    warnings = admit.decode(cluster, call, manifest)
    _check_new(cluster, call, name)
    for field in (*_SERVER_FIELDS, "resourceVersion"):
        metadata.pop(field, None)
    metadata |= {"uid": state.new_uid(), "creationTimestamp": cluster.now()}
    if call.namespace:
        metadata["namespace"] = call.namespace
    if admit.has_generation(call):
        metadata["generation"] = 1
    if "status" in call.of.subresources or call.of.table == definition.TABLE:
        manifest.pop("status", None)
        if not call.of.definition and cluster.lists(call.of).child("status").is_always_there:
            manifest["status"] = {}  # as Go prints a struct without a value
    admit.complete(cluster, call, manifest)
    plugins.complete(cluster.store, call.of.table, manifest)
    if govern.may_mutate(cluster, call, "CREATE"):
        manifest, track = _mutated(cluster, call, None, manifest, track=track), False
    warnings += admit.judge(cluster, call, manifest, None)
    warnings += govern.review(cluster, call, manifest, None)
    plugins.check(cluster.store, call.of.table, manifest, None)
    if track:
        _track(cluster, call, None, manifest)
    if call.of.table == definition.TABLE:
        _accept_definition(cluster, manifest)
    if call.is_dry_run:
        return Written(manifest, None, warnings, created=True)
    stored = _put(cluster, call, manifest)
    return Written(manifest, stored, warnings, created=True)


def update(cluster: ClusterState, call: Call) -> Written:
    """PUT of an object or of its status.

    Raises:
        StatusError: 400, 404, 409 (changed meanwhile, another uid), 422.
    """
    manifest = incoming.read_object(call)
    incoming.check_name(call, manifest)
    stored, old = live(cluster, call)
    if call.of.definition and not manifest["metadata"].get("resourceVersion"):
        message = "Invalid value: 0: must be specified for an update"
        cause = status_error.Cause("FieldValueInvalid", message, "metadata.resourceVersion")
        raise status_error.invalid(call.of.group, call.of.kind, call.name, [cause])
    return replace(cluster, call, stored, old, manifest, track=True)


def replace(
    cluster: ClusterState, call: Call, stored: Stored, old: Manifest, manifest: Manifest, *, track: bool
) -> Written:
    """Store `manifest` in place of `old`; nothing is written when nothing changes.

    Without `track` it comes from server-side apply: built-in kinds have been decoded then.
    """
    _check_preconditions(call, old, manifest)
    warnings = admit.decode(cluster, call, manifest) if track or call.of.definition else ()
    if call.subresource == "status":
        manifest = _with_status_of(manifest, old)
    else:
        _keep_server_fields(call, manifest, old)
    if call.subresource != "status":
        admit.complete(cluster, call, manifest)
    if govern.may_mutate(cluster, call, "UPDATE"):
        manifest, track = _mutated(cluster, call, old, manifest, track=track), False
    if admit.has_generation(call) and admit.intent(call, manifest) != admit.intent(call, old):
        manifest["metadata"]["generation"] = (manifests.metadata(old).get("generation") or 0) + 1
    warnings += admit.judge(cluster, call, manifest, old)
    warnings += govern.review(cluster, call, manifest, old)
    if not call.subresource:
        plugins.check(cluster.store, call.of.table, manifest, old)
    if track:
        _track(cluster, call, old, manifest)
    if call.of.table == definition.TABLE and not call.subresource and not manifests.is_deleting(manifest):
        _accept_definition(cluster, manifest)
    if manifest == old:
        return Written(old, stored, warnings)
    if call.is_dry_run:
        return Written(manifest, None, warnings)
    if manifests.is_deleting(manifest) and is_released(manifest):
        final = conversion.to_storage(manifest, call.of)
        cluster.store.remove(call.of.table, stored, final)
        return Written(manifest | {"metadata": final["metadata"]}, None, warnings, gone=True)
    return Written(manifest, _put(cluster, call, manifest), warnings)


def is_released(manifest: Manifest) -> bool:
    """Whether nothing holds a deleted object any longer: no finalizer, and of a Namespace none in its spec."""
    if manifests.metadata(manifest).get("finalizers"):
        return False
    return manifest.get("kind") != "Namespace" or not manifests.get(manifest, "spec", "finalizers")


def _check_preconditions(call: Call, old: Manifest, manifest: Manifest) -> None:
    of, metadata = call.of, manifest["metadata"]
    uid = metadata.get("uid") or ""
    if uid and uid != manifests.uid(old):
        raise incoming.other_uid(call, str(uid), manifests.uid(old))
    version = metadata.get("resourceVersion") or ""
    if version and version != manifests.resource_version(old):
        raise status_error.object_changed(of.group, of.plural, call.name)


def _keep_server_fields(call: Call, manifest: Manifest, old: Manifest) -> None:
    metadata, before = manifest["metadata"], manifests.metadata(old)
    for field in (*_SERVER_FIELDS, "resourceVersion", "namespace", "generateName"):
        if field in before:
            metadata[field] = before[field]
        else:
            metadata.pop(field, None)
    if "status" in call.of.subresources or call.of.table == definition.TABLE:
        if "status" in old:
            manifest["status"] = old["status"]
        else:
            manifest.pop("status", None)
    if call.of.table == state.NAMESPACES and call.subresource != "finalize" and "spec" in old:
        manifest["spec"] = old["spec"]


def _with_status_of(manifest: Manifest, old: Manifest) -> Manifest:
    """`old` with the status, and the managed fields, of `manifest`."""
    metadata = dict(old["metadata"])
    if "managedFields" in manifest["metadata"]:
        metadata["managedFields"] = manifest["metadata"]["managedFields"]
    replaced = {**old, "metadata": metadata}
    replaced.pop("status", None)
    if "status" in manifest:
        replaced["status"] = manifest["status"]
    return replaced


def _check_new(cluster: ClusterState, call: Call, name: str) -> None:
    """Refuse to create an object of a name that another has.

    Raises:
        StatusError: 409.
    """
    if name and cluster.store.get_or_none(call.of.table, call.namespace, name) is not None:
        raise status_error.already_exists(call.of.group, call.of.plural, name)


def _mutated(cluster: ClusterState, call: Call, old: Manifest | None, manifest: Manifest, *, track: bool) -> Manifest:
    """The object as mutating policies leave it, but for what nobody may change.

    The writer's fields are recorded before, as kube-apiserver does: what a policy sets belongs to no manager.
    """
    if track:
        _track(cluster, call, old, manifest)
    made = govern.mutate(cluster, call, manifest, old)
    if made is manifest:
        return manifest
    metadata, before = made["metadata"], manifest["metadata"]
    name = manifests.name(made)
    if old is None:
        _check_new(cluster, call, name)
    elif name != manifests.name(old):
        cause = status_error.Cause(
            "FieldValueInvalid", f"Invalid value: {incoming.show(name)}: field is immutable", "metadata.name"
        )
        raise status_error.invalid(call.of.group, call.of.kind, call.name, [cause])
    for field in (*_SERVER_FIELDS, "resourceVersion", "namespace", "managedFields"):
        metadata.pop(field, None)
        if field in before:
            metadata[field] = before[field]
    if old is not None and call.subresource == "status":
        return _with_status_of(made, old)
    if old is not None:
        _keep_server_fields(call, made, old)
    elif "status" in call.of.subresources:
        made.pop("status", None)
        if "status" in manifest:
            made["status"] = manifest["status"]
    return made


def _track(cluster: ClusterState, call: Call, old: Manifest | None, manifest: Manifest) -> None:
    """Bring `metadata.managedFields` of `manifest` up to date, in place."""
    tracked = apply.track_update(
        old,
        manifest if old is not None or "status" not in call.of.subresources else _without_status(manifest),
        manager=call.field_manager,
        operation_time=cluster.now(),
        api_version=call.of.api_version,
        schema=cluster.lists(call.of),
        subresource=call.subresource,
    )
    fields = manifests.metadata(tracked).get("managedFields")
    metadata = dict(manifest["metadata"])
    metadata.pop("managedFields", None)
    if fields:
        metadata["managedFields"] = fields
    manifest["metadata"] = metadata


def _without_status(manifest: Manifest) -> Manifest:
    return {key: value for key, value in manifest.items() if key != "status"}


def _accept_definition(cluster: ClusterState, manifest: Manifest) -> None:
    definition.accept(manifest, cluster.registry, cluster.now())
    finalizers = manifest["metadata"].setdefault("finalizers", [])
    if definition.FINALIZER not in finalizers:
        finalizers.append(definition.FINALIZER)


def _put(cluster: ClusterState, call: Call, manifest: Manifest) -> Stored:
    stored_form = conversion.to_storage(manifest, call.of)
    stored = cluster.store.put(call.of.table, stored_form)
    manifest["metadata"]["resourceVersion"] = str(stored.revision)
    return stored
