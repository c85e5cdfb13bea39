"""Which kinds a server serves: aggregated discovery where it has it, the older documents where it has not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from dokaseca.model.errors import DokaSecaError
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Resource

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


class Reader(Protocol):
    """Reads one JSON document from the server."""

    async def __call__(self, method: str, path: str, *, accept: str = ...) -> Manifest: ...


async def discover(read: Reader) -> list[Resource]:
    """Every resource of every group version, preferred versions marked.

    Raises:
        TransientError: the server does not answer; one broken aggregated API does not hide the others.
    """
    found: list[Resource] = []
    for path in ("/api", "/apis"):
        document = await read("GET", path, accept=AGGREGATED)
        if document.get("kind") == "APIGroupDiscoveryList":
            found += _aggregated(document)
        else:
            found += await _legacy(read, path, document)
    return found


def _aggregated(document: Manifest) -> Iterator[Resource]:
    for group in document.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for number, version in enumerate(group.get("versions") or ()):
            for one in version.get("resources") or ():
                kind = one.get("responseKind") or {}
                if not kind.get("kind"):
                    continue  # the group's server did not answer when the list was made
                yield Resource(
                    group=name,
                    version=version["version"],
                    kind=str(kind.get("kind") or ""),
                    plural=one["resource"],
                    namespaced=one.get("scope") == "Namespaced",
                    verbs=frozenset(one.get("verbs") or ()),
                    subresources=frozenset(part["subresource"] for part in one.get("subresources") or ()),
                    preferred=number == 0,
                )


async def _legacy(read: Reader, path: str, document: Manifest) -> list[Resource]:
    if path == "/api":
        versions = [("", str(version), True) for version in document.get("versions") or ()]
    else:
        versions = [
            (group["name"], version["version"], version == group.get("preferredVersion"))
            for group in document.get("groups") or ()
            for version in group.get("versions") or ()
        ]
    found: list[Resource] = []
    for group, version, preferred in versions:
        where = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            listed = await read("GET", where)
        except DokaSecaError as error:
            if error.reason == "ClusterUnreachable":
                raise
            continue  # an aggregated API that is down answers 404 or 503, for itself only
        found += _listed(group, version, preferred, listed.get("resources") or [])
    return found


def _listed(group: str, version: str, preferred: bool, resources: list[dict[str, Any]]) -> Iterator[Resource]:
    parts: dict[str, set[str]] = {}
    for one in resources:
        name, _, part = one["name"].partition("/")
        if part:
            parts.setdefault(name, set()).add(part)
    for one in resources:
        if "/" not in one["name"]:
            yield Resource(
                group=group,
                version=version,
                kind=one["kind"],
                plural=one["name"],
                namespaced=bool(one.get("namespaced")),
                verbs=frozenset(one.get("verbs") or ()),
                subresources=frozenset(parts.get(one["name"], ())),
                preferred=preferred,
            )
