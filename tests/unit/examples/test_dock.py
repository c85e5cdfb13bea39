"""All that the four clusters would get, applied to dock clusters under strict field validation: nothing is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from tests.unit.examples.conftest import Rendered
from tests.unit.examples.stage import identity

from dokaseca.adapters import kube_discovery
from dokaseca.bridge import manifests as bridge
from dokaseca.dock.api import Api
from dokaseca.dock.store.storage import MemoryStorage
from dokaseca.flow.sync import order
from dokaseca.kit.clock import FakeClock
from dokaseca.model import manifest as manifests
from dokaseca.model.identity import GroupVersionKind
from dokaseca.model.manifest import Manifest
from dokaseca.ports.cluster import Resource
from dokaseca.ports.wire import WireRequest

CRD = "CustomResourceDefinition"
APPLY = {"content-type": "application/apply-patch+yaml", "user-agent": "test/1.0"}
STRICT = (("fieldManager", "test"), ("fieldValidation", "Strict"), ("force", "true"))


class Target:
    """A cluster in memory that objects are applied to."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._resources: dict[GroupVersionKind, Resource] = {}

    async def ask(self, method: str, path: str, body: Any = None, query: tuple[tuple[str, str], ...] = ()) -> Manifest:
        data = b"" if body is None else orjson.dumps(body)
        request = WireRequest(method, path, query, APPLY, data, "admin", ("system:masters",))
        response = await self.api.handle(request)
        answer: Manifest = orjson.loads(response.body)
        assert response.status in (200, 201), f"{path}: {answer.get('message')}"
        return answer

    async def discover(self) -> None:
        found = await kube_discovery.discover(self._json)
        self._resources = {one.gvk: one for one in found}

    async def apply(self, manifest: Manifest, namespace: str) -> Manifest:
        """The object as the cluster has it now."""
        resource = self._resources[manifests.gvk(manifest)]
        group = f"apis/{resource.group}/{resource.version}" if resource.group else f"api/{resource.version}"
        place = f"/namespaces/{manifests.namespace(manifest) or namespace}" if resource.namespaced else ""
        path = f"/{group}{place}/{resource.plural}/{manifests.name(manifest)}"
        return await self.ask("PATCH", path, manifest, STRICT)

    async def _json(self, method: str, path: str, *_: Any, **__: Any) -> Manifest:
        return await self.ask(method, path)


@pytest_asyncio.fixture
async def target() -> AsyncIterator[Target]:
    api = Api("test", MemoryStorage(), clock=FakeClock(), ca_pem="CA")
    running = asyncio.get_running_loop().create_task(api.run())
    yield Target(api)
    running.cancel()
    await asyncio.wait([running])
    api.close()


def in_order(platform: Rendered, cluster: str) -> Iterator[tuple[str, str, Manifest]]:
    """(Application, its namespace, object) of a cluster: definitions first, then by kind as a sync has it."""
    found = [
        (application.key.name, application.destination.namespace, one)
        for application in platform.applications
        if application.destination.name == cluster
        for one in platform.objects[application.key.name]
    ]
    yield from sorted(found, key=lambda item: (item[2]["kind"] != CRD, order.kind_rank(item[2]["kind"])))


async def apply_all(target: Target, platform: Rendered, cluster: str) -> dict[str, int]:
    """How many objects each Application brought."""
    counts: dict[str, int] = {}
    await target.discover()
    found = list(in_order(platform, cluster))
    for namespace in sorted({namespace for _, namespace, _ in found}):
        await target.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, "")
    was_definition = False
    for application, namespace, one in found:
        if was_definition and one["kind"] != CRD:
            await target.discover()
        was_definition = one["kind"] == CRD
        live = await target.apply(one, namespace)
        assert manifests.uid(live), (application, identity(one))
        counts[application] = counts.get(application, 0) + 1
    return counts


@pytest.mark.parametrize("cluster", ["hub", "dev", "stg", "prod"])
async def test_a_cluster_accepts_all_that_it_gets(target: Target, flagged: Rendered, cluster: str) -> None:
    if cluster == "hub":
        await define(target)
    counts = await apply_all(target, flagged, cluster)
    expected = {
        one.key.name: len(flagged.objects[one.key.name])
        for one in flagged.applications
        if one.destination.name == cluster
    }
    assert counts == expected
    assert all(count <= 20 for count in counts.values()), counts


async def test_applying_again_changes_nothing(target: Target, flagged: Rendered) -> None:
    await apply_all(target, flagged, "dev")
    before = target.api.state.store.revision
    for application, namespace, one in in_order(flagged, "dev"):
        await target.apply(one, namespace)
        assert target.api.state.store.revision == before, (application, identity(one))


async def test_no_two_applications_of_a_cluster_bring_the_same_object(flagged: Rendered) -> None:
    for cluster in ("hub", "dev", "stg", "prod"):
        owners: dict[tuple[str, str], str] = {}
        for application, namespace, one in in_order(flagged, cluster):
            key = (manifests.namespace(one) or namespace, f"{one['apiVersion']} {identity(one)}")
            assert owners.setdefault(key, application) == application, key


async def test_the_hub_accepts_what_the_bootstrap_brings(target: Target, rendered: Rendered) -> None:
    await define(target)
    for namespace in ("argocd", "clusters"):
        await target.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, "")
    for objects in rendered.hub_objects.values():
        for one in objects:
            live = await target.apply(one, "argocd")
            assert live.get("spec") == one.get("spec") or one["kind"] in ("Cluster", "Namespace"), identity(one)


async def define(target: Target) -> None:
    """The hub's own kinds."""
    await target.discover()
    for definition in bridge.crds():
        await target.apply(definition, "")
    await target.discover()
