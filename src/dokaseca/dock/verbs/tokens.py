"""TokenRequest: a token for a ServiceAccount, as `kubectl create token` asks for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from dokaseca.dock import body, status_error
from dokaseca.dock.accounts import AUDIENCE, Bound
from dokaseca.dock.admission.fields import Errors
from dokaseca.dock.state import ClusterState
from dokaseca.dock.verbs import answer
from dokaseca.dock.verbs.call import Call
from dokaseca.kit import clock
from dokaseca.model import manifest as manifests
from dokaseca.ports.wire import WireResponse

_GROUP: Final = "authentication.k8s.io"
_KIND: Final = "TokenRequest"
_DEFAULT_SECONDS: Final = 3_600
_SHORTEST_SECONDS: Final = 600  # Kubernetes' own limits
_LONGEST_SECONDS: Final = 1 << 32
_BINDABLE: Final = ("Pod", "Node", "Secret")
_AUDIENCES: Final = 100  # of one token; more would not fit into a header


def request(cluster: ClusterState, call: Call) -> WireResponse:
    """POST to a ServiceAccount's `token`: the request with the token in its status.

    Raises:
        StatusError: 400, 404 (the account or what the token is to be bound to), 409 (another uid), 422.
    """
    asked = body.decode_object(call.request.body, call.request.headers.get("content-type", ""))
    if asked.get("kind", _KIND) != _KIND:
        raise status_error.bad_request(f"{asked.get('kind')} cannot be handled as a {_KIND}")
    account = cluster.store.get_or_none(call.of.table, call.namespace, call.name)
    if account is None:
        raise call.not_found()
    spec = _checked(asked)
    bound = _bound(cluster, call, spec.get("boundObjectRef") or {})
    token, ends = cluster.accounts.issue(account, spec["audiences"], spec["expirationSeconds"], bound)
    if bound.kind:
        spec["boundObjectRef"] = {"kind": bound.kind, "apiVersion": "v1", "name": bound.name, "uid": bound.uid}
    expires = clock.rfc3339(datetime.fromtimestamp(ends, UTC))
    document = {
        "kind": _KIND,
        "apiVersion": f"{_GROUP}/v1",
        "metadata": {"name": call.name, "namespace": call.namespace, "creationTimestamp": cluster.now()},
        "spec": spec,
        "status": {"token": token, "expirationTimestamp": expires},
    }
    return answer.document(document, 201)


def _checked(asked: dict[str, Any]) -> dict[str, Any]:
    """The request's spec with its defaults.

    Raises:
        StatusError: 400, 422.
    """
    spec = asked.get("spec") or {}
    if not isinstance(spec, dict):
        raise status_error.bad_request(f"json: spec of a {_KIND} must be an object")
    audiences, seconds = spec.get("audiences") or [AUDIENCE], spec.get("expirationSeconds")
    seconds = _DEFAULT_SECONDS if seconds is None else seconds
    if not isinstance(audiences, list) or not all(isinstance(one, str) for one in audiences):
        raise status_error.bad_request(f"json: spec.audiences of a {_KIND} must be a list of strings")
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise status_error.bad_request(f"json: spec.expirationSeconds of a {_KIND} must be an integer")
    if not isinstance(spec.get("boundObjectRef") or {}, dict):
        raise status_error.bad_request(f"json: spec.boundObjectRef of a {_KIND} must be an object")
    errors = Errors()
    if seconds < _SHORTEST_SECONDS:
        errors.invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
    elif seconds > _LONGEST_SECONDS:
        errors.invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")
    if len(audiences) > _AUDIENCES:
        errors.too_many("spec.audiences", len(audiences), _AUDIENCES)
    if errors:
        raise status_error.invalid(_GROUP, _KIND, manifests.name(asked), errors.causes)
    return {**spec, "audiences": audiences, "expirationSeconds": seconds}


def _bound(cluster: ClusterState, call: Call, reference: dict[str, Any]) -> Bound:
    """What the token is to be bound to, with the uid that it has now.

    Raises:
        StatusError: 400, 404, 409.
    """
    if not reference:
        return Bound()
    kind, name, uid = (str(reference.get(part) or "") for part in ("kind", "name", "uid"))
    if kind not in _BINDABLE or reference.get("apiVersion", "v1") != "v1":
        shown = f"{reference.get('apiVersion') or ''}, Kind={kind}"
        raise status_error.bad_request(f"cannot bind token for serviceaccount to object of type {shown}")
    wanted = Bound(kind, name, uid)
    namespace = "" if kind == "Node" else call.namespace
    found = cluster.store.get_or_none(wanted.table, namespace, name)
    if found is None:
        raise status_error.not_found("", wanted.table, name)
    if uid and uid != found.uid:
        why = f"the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"  # noqa: E501 - the server's sentence
        raise status_error.conflict("", wanted.table, name, why)
    if kind == "Pod" and manifests.get(cluster.read(found), "spec", "serviceAccountName") != call.name:
        why = f'cannot bind token for serviceaccount "{call.name}" to pod running with different serviceaccount name.'
        raise status_error.bad_request(why)
    return Bound(kind, name, found.uid)
