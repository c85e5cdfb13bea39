"""Short ways to ask a dock API things, and the objects that its tests write."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson

from dokaseca.dock.api import Api
from dokaseca.kit.clock import FakeClock
from dokaseca.ports.wire import WireRequest, WireResponse

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@dataclass
class Client:
    """Asks one API; an answer is (status, document)."""

    api: Api
    clock: FakeClock = field(default_factory=FakeClock)
    user: str = "admin"
    groups: tuple[str, ...] = ("system:masters",)

    async def send(
        self, method: str, path: str, body: Any = None, *, content: str = "", accept: str = "", **query: str
    ) -> WireResponse:
        headers = {"user-agent": "test/1.0", "content-type": content or "application/json"}
        if accept:
            headers["accept"] = accept
        data = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        request = WireRequest(method, path, tuple(query.items()), headers, data, self.user, self.groups)
        return await self.api.handle(request)

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        response = await self.send(method, path, body, **options)
        return response.status, orjson.loads(response.body)

    async def get(self, path: str, **options: Any) -> Any:
        status, document = await self.ask("GET", path, **options)
        assert status == 200, document
        return document

    async def post(self, path: str, body: Any, **options: Any) -> Any:
        status, document = await self.ask("POST", path, body, **options)
        assert status == 201, document
        return document

    async def patch(self, path: str, body: Any, *, content: str = MERGE, **options: Any) -> Any:
        status, document = await self.ask("PATCH", path, body, content=content, **options)
        assert status in (200, 201), document
        return document

    async def apply(self, path: str, body: Any, *, manager: str = "test", **options: Any) -> Any:
        return await self.patch(path, body, content=APPLY, fieldManager=manager, **options)

    async def refused(self, method: str, path: str, body: Any = None, *, code: int, **options: Any) -> Any:
        """The Status of a request that must fail with `code`."""
        status, document = await self.ask(method, path, body, **options)
        assert status == code, document
        assert document["kind"] == "Status"
        assert document["code"] == code
        return document

    async def not_served(self, path: str) -> None:
        """Nothing that the server was built with, and no definition, is at `path`."""
        response = await self.send("GET", path)
        assert (response.status, response.body) == (404, b"404 page not found\n")
        assert response.headers["Content-Type"].startswith("text/plain")

    async def watch(self, path: str, **query: str) -> Events:
        response = await self.send("GET", path, watch="true", **query)
        assert response.status == 200, response.body
        assert response.stream is not None
        return Events(response.stream)

    async def settle(self) -> None:
        """Let what happens behind requests finish."""
        while not self.api.collector.is_idle:  # noqa: ASYNC110 - turns of the loop, not time
            await asyncio.sleep(0)


class Events:
    """The events of a watch, one at a time."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._waiting: list[Any] = []

    async def next(self) -> tuple[str, Any]:
        while not self._waiting:
            chunk = await asyncio.wait_for(anext(self._stream), 5)
            self._waiting = [orjson.loads(line) for line in chunk.splitlines()]
        event = self._waiting.pop(0)
        return event["type"], event["object"]

    async def rest(self) -> list[str]:
        """Types of everything up to the end of the stream."""
        found = [event["type"] for event in self._waiting]
        async for chunk in self._stream:
            found += [orjson.loads(line)["type"] for line in chunk.splitlines()]
        return found

    async def close(self) -> None:
        await self._stream.aclose()


def config_map(name: str, namespace: str = "default", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def deployment(name: str = "web", **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    containers = [{"name": "app", "image": "nginx:1.25", "ports": [{"containerPort": 80}]}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def definition(schema: dict[str, Any] | None = None, **version: Any) -> dict[str, Any]:
    """The definition of kind Widget in group example.com."""
    versions = [
        {
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            **version,
        }
    ]
    names = {
        "kind": "Widget",
        "plural": "widgets",
        "singular": "widget",
        "listKind": "WidgetList",
        "shortNames": ["wd"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": versions},
    }


CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def widget(name: str = "one", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, **fields}
