"""GET of one object and of collections."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from dokaseca.dock import field_selectors, selectors, status_error
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Stored
from dokaseca.dock.verbs import answer, incoming, write
from dokaseca.dock.verbs.call import Call
from dokaseca.model.manifest import Manifest
from dokaseca.ports.wire import WireResponse

_SLICE: Final = 200  # objects rendered between two turns of the event loop
Predicate = Callable[[Stored], bool]


def get(cluster: ClusterState, call: Call) -> WireResponse:
    """One object.

    Raises:
        StatusError: 404; 504 for a resourceVersion that the server has not reached.
    """
    check_version(cluster, call)
    stored = cluster.store.get_or_none(call.of.table, call.namespace, call.name)
    if stored is None:
        raise call.not_found()
    if call.output.form == "object":
        return answer.raw(answer.encoded(cluster, call, stored))
    return answer.one(cluster, call, write.live(cluster, call)[1])


def check_version(cluster: ClusterState, call: Call) -> int:
    """The resourceVersion asked for, 0 for none.

    Raises:
        StatusError: 400 when it is no number, 504 when it lies in the future.
    """
    text = call.query.get("resourceVersion", "")
    if not text.isdigit():
        if text:
            shown = incoming.show(text)
            raise status_error.bad_request(
                f"Invalid value: {shown}: strconv.ParseUint: parsing {shown}: invalid syntax"
            )
        return 0
    version = int(text)
    if version > cluster.store.revision:
        raise status_error.too_large_resource_version(version, cluster.store.revision)
    return version


def predicate(cluster: ClusterState, call: Call) -> Predicate | None:
    """Whether an object is selected; None where everything is.

    Raises:
        StatusError: 400, a selector does not parse.
    """
    label_text, field_text = call.query.get("labelSelector", ""), call.query.get("fieldSelector", "")
    if not label_text and not field_text and not call.name:
        return None
    version = cluster.served.of_path_or_none(call.of.path)
    try:
        labels = selectors.labels(label_text)
        fields = field_selectors.parse(field_text, call.of.plural, version.selectable if version else frozenset())
    except selectors.BadSelector as error:
        raise status_error.bad_request(str(error)) from error
    return _selector(cluster, call, labels, fields)


def _selector(
    cluster: ClusterState,
    call: Call,
    labels: tuple[selectors.Requirement, ...],
    fields: tuple[field_selectors.Requirement, ...],
) -> Predicate:
    identity = {"metadata.name": "name", "metadata.namespace": "namespace"}
    cheap = [(identity[field.path], field.value, field.equal) for field in fields if field.path in identity]
    if call.name:
        cheap.append(("name", call.name, True))
    deep = [field for field in fields if field.path not in identity]

    def selects(stored: Stored) -> bool:
        if any((getattr(stored, name) == value) != equal for name, value, equal in cheap):
            return False
        if not selectors.matches(labels, stored.labels):
            return False
        if not deep:
            return True
        manifest = cluster.in_version(stored, call.of)
        return all(field.matches(manifest) for field in deep)

    return selects


def _check_options(call: Call) -> None:
    """Refuse options of a list that contradict each other (apimachinery's ValidateListOptions).

    Raises:
        StatusError: 422.
    """
    match, version = call.query.get("resourceVersionMatch", ""), call.query.get("resourceVersion", "")
    wrong: list[status_error.Cause] = []
    if match and not version:
        wrong.append(forbidden_match("is forbidden unless resourceVersion is provided"))
    if match and call.query.get("continue"):
        wrong.append(forbidden_match("is forbidden when continue is provided"))
    if match not in ("", "Exact", "NotOlderThan"):
        wrong.append(unsupported_match(match, '"Exact", "NotOlderThan", ""'))
    if match == "Exact" and version == "0":
        wrong.append(forbidden_match('"exact" is forbidden for resourceVersion "0"'))
    if call.query.get("sendInitialEvents"):
        message = "Forbidden: sendInitialEvents is forbidden for list"
        wrong.append(status_error.Cause("FieldValueForbidden", message, "sendInitialEvents"))
    if wrong:
        raise status_error.invalid("meta.k8s.io", "ListOptions", "", wrong)


def forbidden_match(why: str) -> status_error.Cause:
    """The cause that `resourceVersionMatch` may not be given so."""
    return status_error.Cause("FieldValueForbidden", f"Forbidden: resourceVersionMatch {why}", "resourceVersionMatch")


def unsupported_match(match: str, supported: str) -> status_error.Cause:
    """The cause that nobody knows this `resourceVersionMatch`."""
    message = f"Unsupported value: {incoming.show(match)}: supported values: {supported}"
    return status_error.Cause("FieldValueNotSupported", message, "resourceVersionMatch")


async def list_all(cluster: ClusterState, call: Call) -> WireResponse:
    """A collection, in pages where `limit` asks for them.

    Raises:
        StatusError: 400, 410 (a continue token whose position is gone), 504.
    """
    _check_options(call)
    check_version(cluster, call)
    selects = predicate(cluster, call)
    limit = _limit(call)
    revision, after = _position(cluster, call)
    found = _matching(cluster, call, selects, revision, after)
    page: list[Stored] = []
    token, remaining = "", 0
    for stored in found:
        if limit and len(page) == limit:
            token = _token(revision, page[-1])
            remaining = 1 + sum(1 for _ in found)
            break
        page.append(stored)
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if token:
        metadata["continue"] = token
        if selects is None:
            metadata["remainingItemCount"] = remaining
    if call.output.form == "object":
        return answer.raw(_object_list(cluster, call, page, metadata))
    return await _rendered_list(cluster, call, page, metadata)


def _matching(
    cluster: ClusterState, call: Call, selects: Predicate | None, revision: int, after: tuple[str, str]
) -> Iterator[Stored]:
    store = cluster.store
    if revision == store.revision:
        scanned = store.scan(call.of.table, call.namespace, after=after)
    else:
        scanned = store.scan_at(revision, call.of.table, call.namespace, after=after)
    return scanned if selects is None else filter(selects, scanned)


def _object_list(cluster: ClusterState, call: Call, page: list[Stored], metadata: dict[str, Any]) -> bytes:
    """A list; items of built-in kinds do not repeat what the list says of all of them."""
    of = call.of
    head = {"kind": of.list_kind, "apiVersion": of.api_version, "metadata": metadata}
    named = b'{"kind":"%b","apiVersion":"%b",' % (of.kind.encode(), of.api_version.encode())
    found = [answer.encoded(cluster, call, stored) for stored in page]
    if not of.definition:
        found = [b"{" + one[len(named) :] if one.startswith(named) else one for one in found]
    return orjson.dumps(head)[:-1] + b',"items":[' + b",".join(found) + b"]}"


async def _rendered_list(
    cluster: ClusterState, call: Call, page: list[Stored], metadata: dict[str, Any]
) -> WireResponse:
    """A Table or a list of metadata; rendered in slices, so that a large list does not hold up the event loop."""
    rows: list[Any] = []
    whole: dict[str, Any] = {}
    for start in range(0, max(len(page), 1), _SLICE):
        if start:
            await asyncio.sleep(0)
        manifests = [_as_asked(cluster, call, stored) for stored in page[start : start + _SLICE]]
        if call.output.form == "table":
            part = answer.table(cluster, call, manifests, with_columns=True)
            whole = whole or part
            rows.extend(part["rows"])
        else:
            rows.extend(answer.metadata_of(manifest, call.output.version) for manifest in manifests)
    if call.output.form == "table":
        return answer.document({**whole, "metadata": metadata, "rows": rows})
    api_version = f"meta.k8s.io/{call.output.version}"
    head = {"kind": "PartialObjectMetadataList", "apiVersion": api_version, "metadata": metadata}
    return answer.document({**head, "items": rows})


def _as_asked(cluster: ClusterState, call: Call, stored: Stored) -> Manifest:
    return cluster.in_version(stored, call.of)


def _limit(call: Call) -> int:
    text = call.query.get("limit", "")
    return int(text) if text.isdigit() else 0


def _token(revision: int, last: Stored) -> str:
    value = {"v": "meta.k8s.io/v1", "rv": revision, "start": [last.namespace, last.name]}
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def _position(cluster: ClusterState, call: Call) -> tuple[int, tuple[str, str]]:
    """The revision that the list stands for, and the key to go on behind.

    Later pages carry the revision of the first: a watch from there replays what changed while the client was paging.
    """
    token, history = call.query.get("continue", ""), cluster.store.history(call.of.table)
    if not token:
        revision = check_version(cluster, call)
        if call.query.get("resourceVersionMatch") != "Exact":
            return cluster.store.revision, ("", "")
        if history.position_after(revision) is None:
            raise status_error.expired("The resourceVersion for the provided list is too old.")
        return revision, ("", "")
    if call.query.get("resourceVersion", "") not in ("", "0"):
        raise status_error.bad_request("specifying resource version is not allowed when using continue")
    try:
        value = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        revision, (namespace, name) = int(value["rv"]), value["start"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise status_error.bad_request(f"invalid continue token: continue key is not valid: {error}") from error
    if revision > cluster.store.revision or history.position_after(revision) is None:
        message = "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter."  # noqa: E501 - the server's sentence
        raise status_error.expired(message)
    return revision, (str(namespace), str(name))
