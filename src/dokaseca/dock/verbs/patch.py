"""PATCH: JSON patch, merge patch, strategic merge patch and server-side apply."""

from __future__ import annotations

from typing import Any

import orjson

from dokaseca.dock import body, status_error
from dokaseca.dock.patching import apply, go_text, json_patch, merge_patch, strategic, typed_errors
from dokaseca.dock.state import ClusterState
from dokaseca.dock.verbs import admit, govern, incoming, write
from dokaseca.dock.verbs.call import Call
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ConflictError, DokaSecaError, NotFoundError, UserError
from dokaseca.model.manifest import Manifest

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


def patch(cluster: ClusterState, call: Call) -> write.Written:
    """Change one object by the patch in the body.

    Raises:
        StatusError: 400, 404, 409, 415 (a patch type that the kind does not take), 422.
    """
    kind = media_type(call)
    _check_options(call, kind)
    document = decoded(call, kind)
    if kind == APPLY:
        return _apply(cluster, call, document)
    stored, old = write.live(cluster, call)
    manifest = changed(call, kind, old, document)
    check_identity(call, old, manifest)
    try:
        return write.replace(cluster, call, stored, old, manifest, track=True)
    except status_error.Undecodable as error:
        result = orjson.dumps(changed(call, kind, old, document)).decode()
        shown = incoming.show(go_text.show(document) if kind == STRATEGIC else result)
        cause = status_error.Cause("FieldValueInvalid", f"Invalid value: {shown}: {error.why}", "patch")
        raise status_error.invalid("", "", "", [cause]) from error


def _check_options(call: Call, kind: str) -> None:
    if kind == APPLY and not call.query.get("fieldManager"):
        raise call.bad_option("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
    if kind != APPLY and "force" in call.query:
        raise call.bad_option("FieldValueForbidden", "Forbidden: may not be specified for non-apply patch", "force")


def decoded(call: Call, kind: str) -> Any:
    """The JSON value of a patch.

    Raises:
        StatusError: 400, 413.
    """
    try:
        return body.decode(call.request.body, APPLY if kind == APPLY else "application/json")
    except status_error.StatusError as error:
        if error.code != 400:
            raise
        what = {APPLY: "error decoding YAML: ", STRATEGIC: ""}.get(kind, "error decoding patch: ")
        raise status_error.bad_request(what + error.message) from error


def media_type(call: Call) -> str:
    """The patch type that the request sends.

    Raises:
        StatusError: 415.
    """
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    accepted = [JSON, MERGE, *([] if call.of.definition else [STRATEGIC]), APPLY]
    if kind not in accepted:
        raise status_error.unsupported_media_type(", ".join(accepted))
    return kind


def changed(call: Call, kind: str, old: Manifest, document: Any) -> Manifest:
    """A copy of `old` with the patch applied.

    Raises:
        StatusError: 400 or 422, the patch does not fit.
    """
    try:
        if kind == JSON:
            result = json_patch.apply(old, document)
        elif kind == MERGE:
            result = merge_patch.apply(old, document)
        else:
            result = strategic.apply(old, document, call.of.gvk)
    except DokaSecaError as error:
        raise refused(error) from error
    return incoming.fresh(result)


def refused(error: DokaSecaError) -> status_error.StatusError:
    """What the patching rooms raise, as the API answers it."""
    if isinstance(error, status_error.StatusError):
        return error
    if error.reason in ("NoMergeKey", "WrongOrder"):
        return status_error.unknown(error.message)
    if error.reason in ("BadRequest", "RequestEntityTooLarge"):
        return status_error.bad_request(error.message)
    if isinstance(error, (UserError, ConflictError, NotFoundError)):
        return status_error.rejected()
    return status_error.internal(error.message)


def check_identity(call: Call, old: Manifest, manifest: Manifest) -> None:
    """A patch changes neither the kind nor the name.

    Raises:
        StatusError: 400.
    """
    incoming.check_kind(call, manifest, str(old["apiVersion"]), str(old["kind"]))
    incoming.check_name(call, manifest)


def _apply(cluster: ClusterState, call: Call, document: Any) -> write.Written:
    if not isinstance(document, dict):
        raise status_error.bad_request("error decoding YAML: an apply patch must be an object")
    incoming.check_kind(call, document, call.of.api_version, call.of.kind)
    document["apiVersion"], document["kind"] = call.of.api_version, call.of.kind
    document["metadata"].setdefault("name", call.name)
    incoming.check_name(call, document)
    if call.namespace:
        document["metadata"]["namespace"] = call.namespace
    found = write.live_or_none(cluster, call)
    if found is None and call.subresource:
        raise call.not_found()
    _check_typed(cluster, call, document)
    old = found[1] if found else None
    _check_version(call, document, old)
    manifest = _merged(cluster, call, document, old)
    if found is None or old is None:
        return write.insert(cluster, call, incoming.fresh(manifest), track=False)
    if manifest is old and not govern.is_concerned(cluster, call, "UPDATE"):
        return write.Written(old, found[0])
    return write.replace(cluster, call, found[0], old, incoming.fresh(manifest), track=False)


def _check_typed(cluster: ClusterState, call: Call, document: Manifest) -> None:
    """Applied objects are held to their type whatever `fieldValidation` says, and the server has no Status for it.

    Raises:
        StatusError: 500.
    """
    _ = call.validation  # only that it is a value that the server knows
    findings = admit.conform(cluster, call, document)
    types = cluster.lists(call.of)
    if findings.mistyped:
        raise _untyped(call, typed_errors.mistyped(findings.mistyped, document, types))
    if findings.unknown:
        raise _untyped(call, typed_errors.undeclared(findings.unknown, document, types))


def _untyped(call: Call, why: str) -> status_error.StatusError:
    who = f"{call.namespace}/{call.name}; {call.of.group}/{call.of.version}, Kind={call.of.kind}"
    return status_error.unknown(f"failed to create typed patch object ({who}): {why}")


def _check_version(call: Call, document: Manifest, old: Manifest | None) -> None:
    of = call.of
    uid = document["metadata"].pop("uid", None)
    if uid and old is None:
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise status_error.conflict(of.group, of.plural, call.name, why)
    if uid and old is not None and uid != manifests.uid(old):
        raise incoming.other_uid(call, str(uid), manifests.uid(old))
    version = document["metadata"].pop("resourceVersion", None)
    if version and (old is None or version != manifests.resource_version(old)):
        raise status_error.object_changed(of.group, of.plural, call.name)


def _merged(cluster: ClusterState, call: Call, document: Manifest, old: Manifest | None) -> Manifest:
    if call.subresource == "status":
        document = {
            key: value for key, value in document.items() if key in ("apiVersion", "kind", "metadata", "status")
        }
    elif "status" in call.of.subresources:
        document = {key: value for key, value in document.items() if key != "status"}
    try:
        return apply.apply(
            old,
            document,
            manager=call.field_manager,
            force=call.flag("force"),
            api_version=call.of.api_version,
            schema=cluster.lists(call.of),
            time=cluster.now(),
            subresource=call.subresource,
        )
    except apply.Conflicts as error:
        pairs = [(conflict.message.removeprefix("conflict with "), conflict.field) for conflict in error.conflicts]
        raise status_error.apply_conflict(pairs) from error
    except UserError as error:
        problems = list(typed_errors.list_problems(document, cluster.lists(call.of)))
        if problems:
            raise _untyped(call, typed_errors.joined(problems)) from error
        raise status_error.bad_request(error.message) from error
