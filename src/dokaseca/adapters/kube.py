"""The Kubernetes client: `ports.cluster.Cluster` over any wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, cast

import orjson

from dokaseca.adapters import kube_discovery, kube_errors
from dokaseca.adapters.kube_wire import AsUser
from dokaseca.kit import bounds
from dokaseca.model import manifest as manifests
from dokaseca.model.errors import ExpiredError, TransientError, UserError
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import EventType, FieldValidation, Listing, PatchType, Propagation, Resource, WatchEvent
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
        self._discovering = asyncio.Lock()
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
        return tuple((await self._discovered(refresh=refresh)).values())

    async def resource(self, gvk: GroupVersionKind) -> Resource:
        found = (await self._discovered()).get(gvk)
        if found is None:
            found = (await self._discovered(refresh=True, not_within_seconds=REDISCOVERY_SECONDS)).get(gvk)
        if found is None:
            raise UserError(
                f"no matches for kind {gvk.kind!r} in version {gvk.api_version!r}; install its CRD first, "
                "or correct apiVersion",
                reason="NoKindMatch",
                subject=self._name,
            )
        return found

    async def _discovered(
        self, *, refresh: bool = False, not_within_seconds: float = 0.0
    ) -> Mapping[GroupVersionKind, Resource]:
        """What the server serves; callers that come while it is asked share the answer."""
        asked_at = time.monotonic()
        async with self._discovering:
            known = self._resources
            if known is None or (refresh and self._discovered_at <= asked_at - not_within_seconds):
                found = await kube_discovery.discover(self._json)
                self._resources = known = {one.gvk: one for one in found}
                self._discovered_at = time.monotonic()
                self._version = ""  # a server with new APIs may be a new server
            return known

    async def get(self, gvk: GroupVersionKind, namespace: str, name: str) -> Manifest:
        return await self._json("GET", await self._path(gvk, namespace, name))

    async def list(
        self, gvk: GroupVersionKind, namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> Listing:
        path = await self._path(gvk, namespace)
        selectors = {"labelSelector": label_selector, "fieldSelector": field_selector}
        try:
            return await self._list(gvk, path, selectors, limit=PAGE)
        except ExpiredError:  # the list changed for so long that its later pages are gone: read it in one
            return await self._list(gvk, path, selectors, limit=0)

    async def _list(self, gvk: GroupVersionKind, path: str, selectors: Mapping[str, str], *, limit: int) -> Listing:
        stamp = {"apiVersion": gvk.api_version, "kind": gvk.kind}
        items: list[Manifest] = []
        token = ""
        while True:
            page = await self._json("GET", path, _query(limit=limit or "", continue_=token, **selectors))
            items.extend({**stamp, **item} for item in page.get("items") or ())
            token = str(manifests.metadata(page).get("continue") or "")
            if not token:
                return Listing(items, manifests.resource_version(page))

    async def watch(
        self, gvk: GroupVersionKind, namespace: str = "", *, resource_version: str, label_selector: str = ""
    ) -> AsyncGenerator[WatchEvent, None]:
        query = _query(
            watch="true",
            allowWatchBookmarks="true",
            resourceVersion=resource_version,
            labelSelector=label_selector,
        )
        response = await self._send("GET", await self._path(gvk, namespace), query)
        if response.stream is None:
            raise TransientError("the server did not open a watch", reason="BadAnswer", subject=self._name)
        async with aclosing(_lines(response.stream)) as lines:
            async for line in lines:
                yield _event(line, self._name)

    async def create(
        self,
        manifest: Manifest,
        *,
        dry_run: bool = False,
        field_manager: str = "",
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        path = await self._path(manifests.gvk(manifest), manifests.namespace(manifest))
        return await self._json("POST", path, _write_query(dry_run, field_manager, validation), manifest)

    async def update(
        self,
        manifest: Manifest,
        *,
        subresource: str = "",
        dry_run: bool = False,
        field_manager: str = "",
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        return await self._json(
            "PUT",
            await self._path_of(manifest, subresource),
            _write_query(dry_run, field_manager, validation),
            manifest,
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
        self,
        manifest: Manifest,
        *,
        field_manager: str,
        force: bool,
        subresource: str = "",
        dry_run: bool = False,
        validation: FieldValidation = "Warn",
    ) -> Manifest:
        query = (*_write_query(dry_run, field_manager, validation), ("force", "true" if force else "false"))
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

    def acting_as(self, user: str) -> KubeCluster:
        return _Acting(self, user, self._wire)

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
        for part in parts:
            _check_segment(part, self._name)
        return "/" + "/".join(parts)

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
            answer = orjson.loads(response.body)
        except orjson.JSONDecodeError as error:
            raise _no_answer(self._name) from error
        if not isinstance(answer, dict):
            raise _no_answer(self._name)
        return answer

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


class _Acting(KubeCluster):
    """`cluster` with every write made as `user`; it shares what `cluster` has discovered, and its connection."""

    def __init__(self, cluster: KubeCluster, user: str, wire: Wire) -> None:
        super().__init__(cluster.name, cluster.server, AsUser(wire, user))
        self._cluster = cluster

    async def version(self) -> str:
        return await self._cluster.version()

    async def _discovered(
        self, *, refresh: bool = False, not_within_seconds: float = 0.0
    ) -> Mapping[GroupVersionKind, Resource]:
        return await self._cluster._discovered(refresh=refresh, not_within_seconds=not_within_seconds)

    async def close(self) -> None:
        """The connection is the cluster's."""


def _query(**values: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name.rstrip("_"), str(value)) for name, value in values.items() if value not in ("", None))


def _write_query(
    dry_run: bool, field_manager: str, validation: FieldValidation = "Warn"
) -> tuple[tuple[str, str], ...]:
    said = "" if validation == "Warn" else validation  # what servers do unless told otherwise
    return _query(dryRun="All" if dry_run else "", fieldManager=field_manager, fieldValidation=said)


def _check_segment(part: str, cluster: str) -> None:
    """Let no name that comes out of a repository turn one path into another (Kubernetes: path segment names).

    Raises:
        UserError: reason Invalid.
    """
    if part in (".", "..") or "/" in part or "%" in part or "\0" in part:
        raise UserError(
            f"invalid resource name {part!r}: it may not be '.' or '..' or hold '/' or '%'", subject=cluster
        )


def _event(line: bytes, cluster: str) -> WatchEvent:
    """One event of a watch.

    Raises:
        ExpiredError, TransientError: the server reports an error, or what came is no event.
    """
    try:
        event = orjson.loads(line)
        kind, value = event["type"], event["object"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise _no_answer(cluster) from error
    if kind == "ERROR" or not isinstance(value, dict):
        raise kube_errors.of_status(value if isinstance(value, dict) else {}, cluster)
    return WatchEvent(cast(EventType, kind), value)


def _no_answer(cluster: str) -> TransientError:
    return TransientError(
        "the server's answer is not JSON; is this a Kubernetes API?", reason="BadAnswer", subject=cluster
    )


async def _lines(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The lines of a chunked stream; one that never ends is refused."""
    rest = b""
    async with aclosing(cast(AsyncGenerator[bytes, None], stream)):
        async for chunk in stream:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.strip():
                    yield line
            if len(rest) > EVENT_BYTES:
                raise TransientError("a watch event is larger than any object may be", reason="BadAnswer")
