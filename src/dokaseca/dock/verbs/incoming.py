"""What a request brings: its body as an object of the right kind, name and namespace, or the server's refusal."""

from __future__ import annotations

import secrets

import orjson

from dokaseca.dock import body, state, status_error
from dokaseca.dock.state import ClusterState
from dokaseca.dock.verbs.call import Call
from dokaseca.model.manifest import Manifest

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # Kubernetes' alphabet for generated names: no vowels, no words
_NAME_LIMIT = 63


def read_object(call: Call) -> Manifest:
    """The body as an object of the call's kind.

    Raises:
        StatusError: 400, it is of another kind or for another namespace.
    """
    of = call.of
    manifest = body.decode_object(call.request.body, call.request.headers.get("content-type", ""), kind=of.kind)
    check_kind(call, manifest, of.api_version, of.kind)
    manifest["apiVersion"], manifest["kind"] = of.api_version, of.kind
    return manifest


def check_kind(call: Call, manifest: Manifest, api_version: str, kind: str) -> None:
    """Refuse a body of another kind, version or namespace than its path says.

    Raises:
        StatusError: 400.
    """
    got_version, got_kind = manifest.get("apiVersion") or api_version, manifest.get("kind") or kind
    if got_kind != kind or got_version != api_version:
        expected = f"expected {api_version}, Kind={kind}"
        version = show(str(got_version).rpartition("/")[2])
        message = f"{got_kind} in version {version} cannot be handled as a {kind}: {expected}"
        raise status_error.bad_request(message)
    metadata = manifest.setdefault("metadata", {})
    if metadata is None:
        metadata = manifest["metadata"] = {}
    if not isinstance(metadata, dict):
        raise status_error.bad_request("json: metadata must be an object")
    if not isinstance(metadata.get("name", ""), str) or not isinstance(metadata.get("namespace", ""), str):
        raise status_error.bad_request(
            "json: cannot unmarshal metadata.name or metadata.namespace: they must be strings"
        )
    namespace = metadata.get("namespace") or ""
    if call.of.namespaced and namespace and namespace != call.namespace:
        message = "the namespace of the provided object does not match the namespace sent on the request"
        if call.request.method == "PUT":
            message = f"the namespace of the object ({namespace}) does not match the namespace on the request ({call.namespace})"  # noqa: E501 - the server's sentence
        raise status_error.bad_request(message)
    if not call.of.namespaced:
        metadata.pop("namespace", None)


def check_name(call: Call, manifest: Manifest) -> None:
    """Refuse an object that says another name than its path, or none.

    Raises:
        StatusError: 400.
    """
    name = manifest["metadata"].get("name") or ""
    if not name:
        why = "was undeterminable: name must be provided"
        raise status_error.bad_request(f"the name of the object ({call.name} based on URL) {why}")
    if name != call.name:
        raise status_error.bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({call.name})"
        )


def check_namespace(cluster: ClusterState, call: Call, name: str) -> None:
    """Objects are created only in a living namespace.

    Args:
        name: of the object, for the message.

    Raises:
        StatusError: 404 when there is none, 403 when it is going.
    """
    if not call.namespace:
        return
    found = cluster.store.get_or_none(state.NAMESPACES, "", call.namespace)
    if found is None:
        raise status_error.not_found("", state.NAMESPACES, call.namespace)
    if found.is_deleting:
        why = f"unable to create new content in namespace {call.namespace} because it is being terminated"
        error = status_error.forbidden(call.of.group, call.of.plural, name, why)
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {call.namespace} is being terminated",
            "field": "metadata.namespace",
        }
        error.details = {**(error.details or {}), "causes": [cause]}
        raise error


def other_uid(call: Call, sent: str, found: str) -> status_error.StatusError:
    """A replacement states a precondition with its uid; a patch tries to change the uid, which nobody may."""
    of = call.of
    if call.request.method == "PATCH":
        cause = status_error.Cause(
            "FieldValueInvalid", f"Invalid value: {show(sent)}: field is immutable", "metadata.uid"
        )
        return status_error.invalid(of.group, of.kind, call.name, [cause])
    steps = ["/registry", *([of.group] if of.definition else []), of.plural, call.namespace, call.name]
    key = "/".join(step for step in steps if step)
    why = f"Precondition failed: UID in precondition: {sent}, UID in object meta: {found}"
    why = f"Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: {why}"
    return status_error.precondition_failed(of.group, of.plural, call.name, why)


def generated_name(prefix: str) -> str:
    """`prefix` and five random characters."""
    return prefix[: _NAME_LIMIT - 5] + "".join(secrets.choice(_SUFFIX) for _ in range(5))


def fresh(manifest: Manifest) -> Manifest:
    """A deep copy, through JSON: several times faster than `copy.deepcopy`.

    Raises:
        StatusError: 400, nested deeper than the encoder goes.
    """
    try:
        copied: Manifest = orjson.loads(orjson.dumps(manifest))
    except TypeError as error:
        raise status_error.bad_request(f"the object cannot be stored: {error}") from error
    return copied


def show(text: str) -> str:
    """`text` in double quotes, escaped as JSON."""
    return orjson.dumps(text).decode()
