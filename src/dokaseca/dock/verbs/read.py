"""GET of one object and of collections."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from dokaseca.dock import conversion, selectors, status_error
from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Stored
from dokaseca.dock.verbs import answer, write
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
            raise status_error.bad_request(
                f"Invalid value: {write.show(text)}: strconv.ParseUint: parsing {write.show(text)}: invalid syntax"
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
        fields = selectors.fields(field_text, call.of.plural, version.selectable if version else frozenset())
    except selectors.BadSelector as error:
        raise status_error.bad_request(str(error)) from error
    return _selector(cluster, call, labels, fields)


def _selector(
    cluster: ClusterState,
    call: Call,
    labels: tuple[selectors.Requirement, ...],
    fields: tuple[selectors.FieldRequirement, ...],
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
        manifest = conversion.from_storage(cluster.read(stored), call.of)
        return all(field.matches(manifest) for field in deep)

    return selects


async def list_all(cluster: ClusterState, call: Call) -> WireResponse:
    """A collection, in pages where `limit` asks for them.

    Raises:
        StatusError: 400, 410 (a continue token whose position is gone), 504.
    """
    check_version(cluster, call)
    selects = predicate(cluster, call)
    limit = _limit(call)
    revision, after = _position(cluster, call)
    found = _matching(cluster, call, selects, after)
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


def _matching(cluster: ClusterState, call: Call, selects: Predicate | None, after: tuple[str, str]) -> Iterator[Stored]:
    scanned = cluster.store.scan(call.of.table, call.namespace, after=after)
    return scanned if selects is None else filter(selects, scanned)


def _object_list(cluster: ClusterState, call: Call, page: list[Stored], metadata: dict[str, Any]) -> bytes:
    head = {"kind": call.of.list_kind, "apiVersion": call.of.api_version, "metadata": metadata}
    items = b",".join([answer.encoded(cluster, call, stored) for stored in page])
    return orjson.dumps(head)[:-1] + b',"items":[' + items + b"]}"


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
    return conversion.from_storage(cluster.read(stored), call.of)


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
    token = call.query.get("continue", "")
    if not token:
        return cluster.store.revision, ("", "")
    try:
        value = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        revision, (namespace, name) = int(value["rv"]), value["start"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise status_error.bad_request(f"continue key is not valid: {error}") from error
    if cluster.store.history(call.of.table).position_after(revision) is None:
        message = "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter."  # noqa: E501 - the server's sentence
        raise status_error.expired(message)
    return revision, (str(namespace), str(name))
