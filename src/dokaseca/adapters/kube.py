"""The Kubernetes client: `ports.cluster.Cluster` over any wire."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

import orjson

from dokaseca.adapters import kube_discovery, kube_errors
from dokaseca.kit import bounds
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import TransientError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import EventType, Listing, PatchType, Propagation, Resource, WatchEvent
from dokaseca.ports.wire import Wire, WireRequest, WireResponse

PAGE = 500  # objects per list request, as kubectl and Argo CD use
REDISCOVERY_SECONDS = 0.05  # an unknown kind asks the server again, but not more often than this
EVENT_BYTES = 2 * bounds.OBJECT_BYTES  # one watch event: an object and its envelope

JSON = {"Accept": "application/json", "Content-Type": "application/json"}
APPLY = "application/apply-patch+yaml"


class KubeCluster:
    """One API server. Safe to share: it holds no state but its discovery cache."""

    def __init__(self, name: str, server: str, wire: Wire) -> None:
        self._name = name
        self._server = server
        self._wire = wire
        self._resources: dict[GroupVersionKind, Resource] | None = None
        self._discovered_at = 0.0
        self._version = ""

    @property
    def name(self) -> str:
        return self._name

    @property
    def server(self) -> str:
        return self._server

    async def version(self) -> str:
        if not self._version:
            self._version = str((await self._json("GET", "/version")).get("gitVersion") or "")
        return self._version

    async def resources(self, *, refresh: bool = False) -> Sequence[Resource]:
        if self._resources is None or refresh:
            found = await kube_discovery.discover(self._json)
            self._resources = {one.gvk: one for one in found}
            self._discovered_at = time.monotonic()
        return tuple(self._resources.values())

    async def resource(self, gvk: GroupVersionKind) -> Resource:
        if self._resources is None:
            await self.resources()
        found = (self._resources or {}).get(gvk)
        if found is None and time.monotonic() - self._discovered_at > REDISCOVERY_SECONDS:
            await self.resources(refresh=True)
            found = (self._resources or {}).get(gvk)
        if found is None:
            raise UserError(
                f"no matches for kind {gvk.kind!r} in version {gvk.api_version!r}; install its CRD first, "
                "or correct apiVersion",
                reason="NoKindMatch",
                subject=self._name,
            )
        return found

    async def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> Manifest:
        return await self._json("GET", await self._path(gvk, namespace, name))

    async def list(
        self, gvk: GroupVersionKind, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> Listing:
        path = await self._path(gvk, namespace)
        items: list[Manifest] = []
        token = ""
        while True:
            query = _query(limit=PAGE, continue_=token, labelSelector=label_selector, fieldSelector=field_selector)
            page = await self._json("GET", path, query)
            stamp = {"apiVersion": gvk.api_version, "kind": gvk.kind}
            items.extend({**stamp, **item} for item in page.get("items") or ())
            token = str(manifests.metadata(page).get("continue") or "")
            if not token:
                return Listing(items, manifests.resource_version(page))

    async def watch(
        self, gvk: GroupVersionKind, namespace: str = "", *, resource_version: str, label_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        query = _query(
            watch="true",
            allowWatchBookmarks="true",
            resourceVersion=resource_version,
            labelSelector=label_selector,
        )
        response = await self._send("GET", await self._path(gvk, namespace), query)
        if response.stream is None:
            raise TransientError("the server did not open a watch", reason="BadAnswer", subject=self._name)
        async for line in _lines(response.stream):
            event = orjson.loads(line)
            if event.get("type") == "ERROR":
                raise kube_errors.of_status(event.get("object") or {}, self._name)
            yield WatchEvent(cast(EventType, event["type"]), event["object"])

    async def create(self, manifest: Manifest, *, dry_run: bool = False, field_manager: str = "") -> Manifest:
        path = await self._path(manifests.gvk(manifest), manifests.namespace(manifest))
        return await self._json("POST", path, _write_query(dry_run, field_manager), manifest)

    async def update(
        self, manifest: Manifest, *, subresource: str = "", dry_run: bool = False, field_manager: str = ""
    ) -> Manifest:
        return await self._json(
            "PUT", await self._path_of(manifest, subresource), _write_query(dry_run, field_manager), manifest
        )

    async def patch(
        self,
        gvk: GroupVersionKind,
        namespace: str,
        name: str,
        patch: Manifest | Sequence[Manifest],
        *,
        patch_type: PatchType = "application/merge-patch+json",
        subresource: str = "",
        dry_run: bool = False,
        field_manager: str = "",
    ) -> Manifest:
        path = await self._path(gvk, namespace, name, subresource)
        return await self._json("PATCH", path, _write_query(dry_run, field_manager), patch, patch_type)

    async def apply(
        self, manifest: Manifest, *, field_manager: str, force: bool, subresource: str = "", dry_run: bool = False
    ) -> Manifest:
        query = (*_write_query(dry_run, field_manager), ("force", "true" if force else "false"))
        return await self._json("PATCH", await self._path_of(manifest, subresource), query, manifest, APPLY)

    async def delete(
        self,
        gvk: GroupVersionKind,
        namespace: str,
        name: str,
        *,
        propagation: Propagation = "Background",
        uid: str = "",
        dry_run: bool = False,
    ) -> None:
        options: Manifest = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        if dry_run:
            options["dryRun"] = ["All"]
        await self._json("DELETE", await self._path(gvk, namespace, name), (), options)

    async def close(self) -> None:
        await self._wire.close()

    async def _path_of(self, manifest: Manifest, subresource: str) -> str:
        return await self._path(
            manifests.gvk(manifest), manifests.namespace(manifest), manifests.name(manifest), subresource
        )

    async def _path(self, gvk: GroupVersionKind, namespace: str, name: str = "", subresource: str = "") -> str:
        resource = await self.resource(gvk)
        parts = ["apis", gvk.group, gvk.version] if gvk.group else ["api", gvk.version]
        if resource.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(resource.plural)
        parts += [part for part in (name, subresource) if part]
        return "/" + "/".join(quote(part, safe=":") for part in parts)

    async def _json(
        self,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...] = (),
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Manifest:
        response = await self._send(method, path, query, body, {"Accept": accept, "Content-Type": content_type})
        try:
            return cast(Manifest, orjson.loads(response.body))
        except orjson.JSONDecodeError as error:
            raise TransientError(
                "the server's answer is not JSON; is this a Kubernetes API?", reason="BadAnswer", subject=self._name
            ) from error

    async def _send(
        self,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        body: Any = None,
        headers: Mapping[str, str] = JSON,
    ) -> WireResponse:
        content = b"" if body is None else orjson.dumps(body)
        lower = {name.lower(): value for name, value in headers.items()}
        response = await self._wire.send(WireRequest(method, path, query, lower, content))
        if response.status >= 400:
            raise kube_errors.of_response(response, f"{method} {path}", self._name)
        return response


def _query(**values: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name.rstrip("_"), str(value)) for name, value in values.items() if value not in ("", None))


def _write_query(dry_run: bool, field_manager: str) -> tuple[tuple[str, str], ...]:
    return _query(dryRun="All" if dry_run else "", fieldManager=field_manager)


async def _lines(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines of a chunked stream; one that never ends is refused."""
    rest = b""
    async for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
        if len(rest) > EVENT_BYTES:
            raise TransientError("a watch event is larger than any object may be", reason="BadAnswer")
