"""Objects as answers: as they are, as a table row, or as metadata alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from dokaseca.dock.state import ClusterState
from dokaseca.dock.store.history import Stored
from dokaseca.dock.tables import render
from dokaseca.dock.verbs.call import Call
from dokaseca.model.manifest import Manifest
from dokaseca.ports.wire import WireResponse

JSON_HEADERS: Mapping[str, str] = {"Content-Type": "application/json", "Cache-Control": "no-cache, private"}


def warning_headers(warnings: Sequence[str]) -> dict[str, str]:
    """`Warning` headers in one line; HTTP allows several warnings separated by commas."""
    if not warnings:
        return {}
    quoted = (warning.replace("\\", "\\\\").replace('"', '\\"') for warning in warnings)
    return {"Warning": ", ".join(f'299 - "{text}"' for text in quoted)}


def document(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> WireResponse:
    """Any JSON value."""
    return WireResponse(status, {**JSON_HEADERS, **(headers or {})}, orjson.dumps(value))


def raw(data: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> WireResponse:
    """JSON that is already encoded."""
    return WireResponse(status, {**JSON_HEADERS, **headers} if headers else JSON_HEADERS, data)


def encoded(cluster: ClusterState, call: Call, stored: Stored) -> bytes:
    """A stored object in the version asked for."""
    of = call.of
    is_current = of.is_stored_form and not cluster.is_outdated(stored, of)
    if is_current and stored.data.find(b'"apiVersion":"%b"' % of.api_version.encode()) >= 0:
        return stored.data
    return orjson.dumps(cluster.in_version(stored, of))


def one(
    cluster: ClusterState,
    call: Call,
    manifest: Manifest,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
) -> WireResponse:
    """One object in the form that the client asked for."""
    if call.output.form == "table":
        return document(table(cluster, call, [manifest], with_columns=True), status, headers)
    if call.output.form == "metadata":
        return document(metadata_of(manifest, call.output.version), status, headers)
    return document(manifest, status, headers)


def table(cluster: ClusterState, call: Call, manifests: Sequence[Manifest], *, with_columns: bool) -> dict[str, Any]:
    """A Table of `manifests`; the later events of a watch leave the column definitions out."""
    version = cluster.served.of_path_or_none(call.of.path)
    printer = render.printer(call.of, version.columns if version else None)
    return render.table(
        printer,
        manifests,
        version=call.output.version,
        include=call.query.get("includeObject", "Metadata"),
        now=cluster.clock.now(),
        with_columns=with_columns,
    )


def metadata_of(manifest: Manifest, version: str) -> dict[str, Any]:
    """An object reduced to its metadata."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": manifest.get("metadata") or {},
    }
